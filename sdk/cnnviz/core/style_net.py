"""The feed-forward network that makes a style in one pass, and its styles' parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["ConditionalInstanceNorm", "StyleNetwork", "blended_styles", "single_style"]

_EPSILON = 1e-5


class ConditionalInstanceNorm(nn.Module):
    """Instance normalisation with a scale and a shift for each style.

    Dumoulin, Shlens, Kudlur 2017 (https://arxiv.org/abs/1610.07629, eq. 5).
    """

    def __init__(self, styles: int, channels: int) -> None:
        """Begin with a scale of 1 and a shift of 0 for every style."""
        super().__init__()
        self.weight = nn.Parameter(torch.ones(styles, channels))
        self.bias = nn.Parameter(torch.zeros(styles, channels))
        self.mix: Tensor | None = None
        """(N, S): how much of each style each picture has; None for the first style alone."""

    def forward(self, x: Tensor) -> Tensor:
        """Normalise each map (N, K, h, w) by itself, then scale and shift it as its styles ask."""
        if self.mix is None:
            weight, bias = self.weight[:1], self.bias[:1]
        else:
            weight, bias = self.mix @ self.weight, self.mix @ self.bias
        plain = functional.instance_norm(x, eps=_EPSILON)
        return torch.addcmul(bias[:, :, None, None], plain, weight[:, :, None, None])


class _Convolution(nn.Module):
    """A convolution whose border is mirrored, with its normalisation and a rectifier."""

    def __init__(
        self, norm: nn.Module, maps: tuple[int, int], *, side: int, stride: int = 1, up: int = 1
    ) -> None:
        super().__init__()
        self.up = up
        self.pad = nn.ReflectionPad2d(side // 2)
        self.conv = nn.Conv2d(maps[0], maps[1], side, stride)
        self.norm = norm

    def forward(self, x: Tensor) -> Tensor:
        if self.up > 1:  # and not a transposed convolution: it leaves a checkerboard
            x = functional.interpolate(x, scale_factor=float(self.up), mode="nearest")
        found: Tensor = self.norm(self.conv(self.pad(x)))
        return found


class _Block(nn.Module):
    """Two convolutions that add to what they are given."""

    def __init__(self, first: nn.Module, second: nn.Module, maps: int) -> None:
        super().__init__()
        self.first = _Convolution(first, (maps, maps), side=3)
        self.second = _Convolution(second, (maps, maps), side=3)

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = x + self.second(torch.relu(self.first(x)))
        return found


class StyleNetwork(nn.Module):
    """Takes true colours (N, C, H, W) in 0 … 1 and gives such colours of any style it knows.

    Johnson, Alahi, Fei-Fei 2016 (https://arxiv.org/abs/1603.08155): c9s1-32, d64, d128, five
    residual blocks, u64, u32, c9s1-3. Differs from the paper: instance instead of batch
    normalisation (Ulyanov et al. 2017, https://arxiv.org/abs/1701.02096), nearest upsampling and a
    convolution instead of a transposed one, mirrored borders, blocks that keep their size, a
    sigmoid at the end (all three of Dumoulin et al.), and what the network gives is added there to
    the picture in the style's colours, so that it begins with that.
    """

    def __init__(
        self, *, channels: int = 3, width: int = 32, blocks: int = 5, styles: int | None = 1
    ) -> None:
        """Draw weights from torch's global generator.

        Args:
            channels: of the pictures.
            width: maps of the first convolution; the blocks have four times as many.
            blocks: residual ones.
            styles: with a set of parameters each; None for plain instance normalisation.
        """
        super().__init__()

        def norm(maps: int) -> nn.Module:
            if styles is None:
                return nn.InstanceNorm2d(maps, eps=_EPSILON, affine=True)
            return ConditionalInstanceNorm(styles, maps)

        wide, widest = 2 * width, 4 * width
        self.enter = _Convolution(norm(width), (channels, width), side=9)
        self.shrink = _Convolution(norm(wide), (width, wide), side=3, stride=2)
        self.narrow = _Convolution(norm(widest), (wide, widest), side=3, stride=2)
        self.blocks = nn.Sequential(
            *(_Block(norm(widest), norm(widest), widest) for _ in range(blocks))
        )
        self.enlarge = _Convolution(norm(wide), (widest, wide), side=3, up=2)
        self.restore = _Convolution(norm(width), (wide, width), side=3, up=2)
        self.leave = _Convolution(nn.Identity(), (width, channels), side=9)
        self.colours = norm(channels)
        nn.init.zeros_(self.leave.conv.weight)
        nn.init.zeros_(self.leave.conv.bias)  # type: ignore[arg-type]

    def forward(self, x: Tensor) -> Tensor:
        """Give pictures of the same size, which need be no multiple of 4."""
        found = torch.relu(self.enter(x))
        found = torch.relu(self.narrow(torch.relu(self.shrink(found))))
        found = self.blocks(found)
        found = torch.relu(self.restore(torch.relu(self.enlarge(found))))
        change = self.leave(found)[:, :, : x.shape[2], : x.shape[3]]
        return torch.sigmoid(self.colours(logit(x)) + change)

    def begin_with(self, pictures: Sequence[Tensor]) -> None:
        """Begin with the colours of the styles: true colours (1, C, h, w), one picture a style."""
        if not isinstance(self.colours, ConditionalInstanceNorm):
            return
        spread = [torch.var_mean(logit(one), dim=(0, 2, 3), correction=0) for one in pictures]
        with torch.no_grad():
            self.colours.weight.copy_(torch.stack([var.sqrt() for var, _ in spread]))
            self.colours.bias.copy_(torch.stack([mean for _, mean in spread]))

    def choose(self, mix: Tensor | None) -> None:
        """Say how much of each style the pictures that follow have: (N, S)."""
        for module in self.modules():
            if isinstance(module, ConditionalInstanceNorm):
                module.mix = mix


def logit(x: Tensor) -> Tensor:
    """Give what a sigmoid makes the colours 0 … 1 of; black and white are brought inside."""
    inside = x.clamp(0, 1) * 0.98 + 0.01
    return torch.log(inside) - torch.log(1 - inside)


def single_style(network: StyleNetwork) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Take a network of several styles apart.

    Returns:
        The weights of the same network with plain instance normalisation by their names, with the
        first style's parameters; and the tables (S, K) of all styles' parameters by the names of
        those.
    """
    weights = {name: tensor.detach() for name, tensor in network.state_dict().items()}
    tables = {
        f"{place}.{name}": weights[f"{place}.{name}"]
        for place, module in network.named_modules()
        if isinstance(module, ConditionalInstanceNorm)
        for name in ("weight", "bias")
    }
    return weights | {name: table[0] for name, table in tables.items()}, tables


def blended_styles(tables: Mapping[str, Tensor], blend: Sequence[float]) -> dict[str, Tensor]:
    """Mix the styles' parameters, (S, K) each, as a weighted sum: the weights are taken as given.

    Dumoulin, Shlens, Kudlur 2017 (https://arxiv.org/abs/1610.07629, section 3.4).
    """
    return {
        name: torch.tensor(blend, dtype=table.dtype, device=table.device) @ table
        for name, table in tables.items()
    }
