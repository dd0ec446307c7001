"""Models by name: torchvision, timm, a factory, a saved graph; weights are read as data."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from cnnviz.cli.models import load_model
from cnnviz.errors import ParamsError

FACTORY = "tests.cli.test_models:small"


def small(width: int = 4) -> nn.Module:
    return nn.Sequential(nn.Conv2d(3, width, 3), nn.ReLU(), nn.Flatten(), nn.LazyLinear(2))


def broken() -> nn.Module:
    raise RuntimeError("no such head")


class Maker:
    made = nn.Sequential(nn.Conv2d(1, 2, 3))
    number = 3


@pytest.mark.parametrize("name", ["resnet18", "googlenet"])
def test_a_torchvision_model_brings_its_size_normalisation_and_class_names(name):
    loaded = load_model(f"torchvision:{name}", weights="random")
    assert (loaded.name, loaded.size) == (name, (224, 224))
    assert loaded.mean == (0.485, 0.456, 0.406)
    assert loaded.class_names[281] == "tabby"


def test_a_timm_model_brings_its_own_normalisation():
    loaded = load_model("timm:mobilenetv3_small_050", weights="random")
    assert loaded.size == (224, 224)
    assert loaded.resize == 256
    assert len(loaded.mean) == 3


def test_a_factory_is_called_with_plain_arguments():
    assert load_model(f"{FACTORY}(7)").model[0].out_channels == 7
    assert load_model(f"{FACTORY}(width=5)").model[0].out_channels == 5
    assert load_model(FACTORY).name == "small"


def test_a_model_that_a_module_holds_is_taken_as_it_is():
    assert load_model("tests.cli.test_models:Maker.made").model is Maker.made


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("resnet18", "torchvision:NAME"),
        ("torchvision:resnet0", "has no model 'resnet0'"),
        ("timm:nothing_net", "has no model 'nothing_net'"),
        ("no.such.module:f", "no module 'no'"),
        ("tests.cli.test_models:absent", "has no 'absent'"),
        ("tests.cli.test_models:broken", f"RuntimeError: no such head ({__file__}, line "),
        ("tests.cli.test_models:small(3, 4)", "test_models:small(3, 4) raised TypeError"),
        ("tests.cli.test_models:Maker.number", "gave a int"),
        ("tests.cli.test_models:small(", "is not a factory"),
        ("tests.cli.test_models:small(open('x'))", "is not a factory"),
        ("tests.cli.test_models:(lambda: 0)", "is not a factory"),
    ],
)
def test_a_model_that_is_not_there_is_said_so(spec, said):
    with pytest.raises(ParamsError, match="model|module|factory") as caught:
        load_model(spec, weights="random")
    assert said in str(caught.value)


@pytest.fixture
def fitting() -> dict[str, torch.Tensor]:
    model = small()
    model(torch.zeros(1, 3, 4, 4))
    return {name: torch.full_like(value, 0.5) for name, value in model.state_dict().items()}


def materialised() -> nn.Module:
    model = small()
    model(torch.zeros(1, 3, 4, 4))
    return model


def plain(tensors):
    return tensors


def in_a_checkpoint(tensors):
    return {"epoch": 3, "state_dict": tensors}


def of_a_wrapper(tensors):
    return {f"module.{name}": value for name, value in tensors.items()}


@pytest.mark.parametrize("form", [plain, in_a_checkpoint, of_a_wrapper])
def test_weights_of_torch_save_are_loaded(tmp_path, fitting, form):
    torch.save(form(fitting), tmp_path / "w.pt")
    loaded = load_model("tests.cli.test_models:materialised", weights=str(tmp_path / "w.pt"))
    assert all(bool((value == 0.5).all()) for value in loaded.model.state_dict().values())


def test_weights_of_safetensors_are_loaded(tmp_path, fitting):
    save_file(fitting, tmp_path / "w.safetensors")
    spec = "tests.cli.test_models:materialised"
    loaded = load_model(spec, weights=str(tmp_path / "w.safetensors"))
    assert bool((loaded.model[0].weight == 0.5).all())


class Bomb:
    def __reduce__(self):
        return (Path.touch, (Path("exploded"),))


def test_nothing_in_a_weights_file_is_executed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("w.pt").write_bytes(pickle.dumps({"0.weight": Bomb()}))
    torch.save({"0.weight": Bomb()}, "zip.pt")
    for file in ("w.pt", "zip.pt"):
        with pytest.raises(ParamsError, match="could not be read as weights"):
            load_model("tests.cli.test_models:materialised", weights=file)
    assert not Path("exploded").exists()


@pytest.mark.parametrize("suffix", [".safetensors", ".pt"])
@pytest.mark.parametrize("content", [b"", b"nonsense", b"\xff" * 64])
def test_a_damaged_weights_file_is_said_so(tmp_path, suffix, content):
    file = tmp_path / f"w{suffix}"
    file.write_bytes(content)
    with pytest.raises(ParamsError, match="could not be read as weights"):
        load_model("tests.cli.test_models:materialised", weights=str(file))


def test_weights_of_another_model_are_refused(tmp_path, fitting):
    spec, file = "tests.cli.test_models:materialised", str(tmp_path / "w.pt")
    torch.save({**fitting, "0.weight": torch.zeros(9, 3, 3, 3)}, file)
    with pytest.raises(ParamsError, match="does not fit the model: size mismatch for 0.weight"):
        load_model(spec, weights=file)
    torch.save({"other": torch.zeros(2)}, file)
    with pytest.raises(ParamsError, match="4 missing, such as '0.weight' and 1 unknown"):
        load_model(spec, weights=file)
    torch.save([1, 2], file)
    with pytest.raises(ParamsError, match="holds no state_dict"):
        load_model(spec, weights=file)


def test_a_weights_file_that_is_not_there_is_said_so():
    with pytest.raises(ParamsError, match="there is no weights file absent.pt"):
        load_model("tests.cli.test_models:materialised", weights="absent.pt")
