"""Small vision transformers: patch, width, heads, depth, and the width of the perceptron in each block."""

import torch
from torch import nn


class VisionTransformer(nn.Module):
    """Patches, transformer blocks, and the mean of the tokens."""

    def __init__(self, channels, side, classes, patch, width, heads, depth, ratio):
        super().__init__()
        self.patches = nn.Conv2d(channels, width, patch, patch)
        self.positions = nn.Parameter(0.02 * torch.randn(1, (side // patch) ** 2, width))
        self.blocks = nn.Sequential(
            *(
                nn.TransformerEncoderLayer(
                    width, heads, ratio * width, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
                )
                for _ in range(depth)
            )
        )
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, classes)

    def forward(self, images):
        """Logits of images (B, C, H, W)."""
        tokens = self.patches(images).flatten(2).transpose(1, 2) + self.positions
        return self.head(self.norm(self.blocks(tokens)).mean(1))


def suggest(trial):
    trial.suggest_categorical("patch", [4, 8])
    trial.suggest_int("head_width", 8, 24, step=8)
    trial.suggest_int("heads", 1, 4)
    trial.suggest_int("depth", 1, 4)
    trial.suggest_categorical("ratio", [1, 2, 4])


def build(params, task):
    channels, side = task.batch.shape[1], task.batch.shape[-1]
    width = params["heads"] * params["head_width"]
    sizes = params["patch"], width, params["heads"], params["depth"], params["ratio"]
    return VisionTransformer(channels, side, task.num_outputs, *sizes)
