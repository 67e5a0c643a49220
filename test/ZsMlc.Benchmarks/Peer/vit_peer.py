#!/usr/bin/env python3
"""The ViT-B/16 fusion classifier in plain PyTorch, on random weights: the peer of `versus --only classify-vit train-vit`.

The same arithmetic as ours, written as one would first write it: prompts of 64 + 64 learnt context tokens, encoded whole
and for every batch; attention as two products around a softmax; branches beside the perceptrons of the last six blocks;
in the last block the class token attends and every other token keeps its own value; single precision.

usage: vit_peer.py classify-vit|train-vit [--threads 2] [--batch 32] [--repeats 3]
Prints: name, seconds a batch, images/s, parted by tabs.
"""
import argparse
import statistics
import time

import torch
from torch import nn
from torch.nn import functional as F

WIDTH, TEXT_WIDTH, EMBED, LAYERS, PATCH, SIZE, LENGTH, CONTEXT = 768, 512, 512, 12, 16, 224, 77, 64


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads, self.scale = heads, (width // heads) ** -0.5
        self.query, self.key, self.value, self.out = (nn.Linear(width, width) for _ in range(4))

    def split(self, x):
        return x.unflatten(2, (self.heads, -1)).transpose(1, 2)

    def forward(self, to, tokens, mask=None):
        scores = self.split(self.query(to)) @ self.split(self.key(tokens)).transpose(2, 3) * self.scale
        if mask is not None:
            scores = scores + mask
        return self.out((scores.softmax(3) @ self.split(self.value(tokens))).transpose(1, 2).flatten(2))

    def own(self, tokens):
        return self.out(self.value(tokens))


class Perceptron(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x):
        x = self.up(x)
        return self.down(x * torch.sigmoid(1.702 * x))


class FusionBranch(nn.Module):
    HEADS = 8

    def __init__(self, width):
        super().__init__()
        self.reduce = nn.Linear(width, width // 4)
        self.gather, self.spread = (nn.Linear(width // 2, self.HEADS) for _ in range(2))
        self.weight, self.bias = nn.Parameter(torch.randn(width) * 1e-4), nn.Parameter(torch.zeros(width))

    def forward(self, x):
        local = F.relu(self.reduce(x))
        context = torch.cat([local, local.mean(1, keepdim=True).expand_as(local)], 2)
        gather = self.gather(context).softmax(1).unsqueeze(3)
        spread = self.spread(context).sigmoid().unsqueeze(3)
        summary = (gather * x.unflatten(2, (self.HEADS, -1))).sum(1, keepdim=True)
        return (spread * summary).flatten(2) * self.weight + self.bias


class Block(nn.Module):
    def __init__(self, width, heads, branch=False):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention, self.perceptron = Attention(width, heads), Perceptron(width)
        self.branch = FusionBranch(width) if branch else None

    def forward(self, x, mask=None):
        y = self.norm1(x)
        x = x + self.attention(y, y, mask)
        y = self.norm2(x)
        return x + self.perceptron(y) if self.branch is None else x + self.perceptron(y) + self.branch(y)

    def dense(self, x):
        y = self.norm1(x)
        x = x + torch.cat([self.attention(y[:, :1], y), self.attention.own(y[:, 1:])], 1)
        y = self.norm2(x)
        x = x + self.branch(y)
        return torch.cat([x[:, :1] + self.perceptron(y[:, :1]), x[:, 1:]], 1)


class ImageTower(nn.Module):
    def __init__(self):
        super().__init__()
        self.patches = nn.Conv2d(3, WIDTH, PATCH, PATCH, bias=False)
        self.cls = nn.Parameter(torch.randn(1, 1, WIDTH) * 0.02)
        self.positions = nn.Parameter(torch.randn((SIZE // PATCH) ** 2 + 1, WIDTH) * 0.02)
        self.before, self.after = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.blocks = nn.ModuleList(Block(WIDTH, WIDTH // 64, branch=i >= LAYERS // 2) for i in range(LAYERS))
        self.projection = nn.Parameter(torch.randn(WIDTH, EMBED) * WIDTH ** -0.5)

    def forward(self, images):
        x = self.patches(images).flatten(2).transpose(1, 2)
        x = self.before(torch.cat([self.cls.expand(len(x), 1, -1), x], 1) + self.positions)
        for block in self.blocks[:-1]:
            x = block(x)
        return self.after(self.blocks[-1].dense(x)) @ self.projection


class TextTower(nn.Module):
    def __init__(self):
        super().__init__()
        self.positions = nn.Parameter(torch.randn(LENGTH, TEXT_WIDTH) * 0.01)
        self.blocks = nn.ModuleList(Block(TEXT_WIDTH, TEXT_WIDTH // 64) for _ in range(LAYERS))
        self.after, self.projection = nn.LayerNorm(TEXT_WIDTH), nn.Parameter(torch.randn(TEXT_WIDTH, EMBED) * TEXT_WIDTH ** -0.5)
        self.register_buffer("mask", torch.full((LENGTH, LENGTH), float("-inf")).triu(1))

    def forward(self, prompts, ends):
        x = prompts + self.positions
        for block in self.blocks:
            x = block(x, self.mask)
        return self.after(x[torch.arange(len(x)), ends]) @ self.projection


class Classifier(nn.Module):
    def __init__(self, labels):
        super().__init__()
        self.images, self.texts = ImageTower(), TextTower()
        for parameter in self.parameters():
            parameter.requires_grad_(False)
        for module in self.images.modules():
            if isinstance(module, FusionBranch):
                module.requires_grad_(True)
        self.contexts = nn.Parameter(torch.randn(2, CONTEXT, TEXT_WIDTH) * 0.02)
        self.register_buffer("start", torch.randn(labels, 1, TEXT_WIDTH) * 0.02)
        self.register_buffer("name", torch.randn(labels, LENGTH - 1 - CONTEXT, TEXT_WIDTH) * 0.02)
        self.register_buffer("ends", torch.full((2 * labels,), CONTEXT + 4))

    def forward(self, images):
        labels = len(self.start)
        prompts = torch.cat([torch.cat([self.start, c.expand(labels, -1, -1), self.name], 1) for c in self.contexts])
        texts = F.normalize(self.texts(prompts, self.ends), dim=-1)
        affinity = 20 * F.normalize(self.images(images), dim=-1) @ texts.T
        weights = affinity[:, :, labels:].softmax(1)
        return 5 * torch.stack([(weights * affinity[:, :, :labels]).sum(1), (weights * affinity[:, :, labels:]).sum(1)], 1)


def loss_of(logits, targets):
    """Asymmetric loss of pairs: negatives of low probability count little."""
    positive = logits.softmax(1)[:, 1]
    negative = (1.05 - positive).clamp(max=1)
    with torch.no_grad():
        focus = torch.where(targets > 0, 1 - positive, (1 - negative) ** 2)
    return -0.01 * (focus * torch.where(targets > 0, positive, negative).clamp(min=1e-6).log()).sum()


def scoring(options):
    model, images = Classifier(65).eval(), torch.randn(options.batch, 3, SIZE, SIZE)

    def step():
        with torch.no_grad():
            model(images)
    return step


def training(options):
    model, images = Classifier(48), torch.randn(options.batch, 3, SIZE, SIZE)
    targets = (torch.rand(options.batch, 48) < 0.06).float()
    optimizer = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=0.002, momentum=0.9, weight_decay=5e-4)

    def step():
        optimizer.zero_grad()
        loss_of(model(images), targets).backward()
        optimizer.step()
    return step


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("work", choices=["classify-vit", "train-vit"])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    step = scoring(options) if options.work == "classify-vit" else training(options)
    step()
    seconds = []
    for _ in range(options.repeats):
        start = time.perf_counter()
        step()
        seconds.append(time.perf_counter() - start)
    median = statistics.median(seconds)
    print(f"{options.work}\t{median:.4f} s/batch\t{options.batch / median:.3f} images/s", flush=True)


if __name__ == "__main__":
    main()
