"""Makes the files of this folder with Python (torch 1.13, Pillow, regex): an implementation of CLIP that shares nothing
with the library under test. Run it as:  python3 make_clip_goldens.py MERGES.gz  (bpe_simple_vocab_16e6.txt.gz)."""
import gzip, json, struct, sys
from collections import OrderedDict

import numpy, regex, torch
from PIL import Image
from torch import nn
from torch.nn import functional as F


def write_safetensors(path, tensors):
    names = {torch.float32: "F32", torch.int64: "I64", torch.uint8: "U8"}
    header, data = {}, b""
    for name, t in tensors.items():
        raw = t.contiguous().numpy().tobytes()
        header[name] = {"dtype": names[t.dtype], "shape": list(t.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + data)


# ---- networks ----------------------------------------------------------------------------------------------------

class Block(nn.Module):
    def __init__(self, inputs, planes, stride):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(inputs, planes, 1, bias=False), nn.BatchNorm2d(planes)
        self.conv2, self.bn2 = nn.Conv2d(planes, planes, 3, padding=1, bias=False), nn.BatchNorm2d(planes)
        self.conv3, self.bn3 = nn.Conv2d(planes, 4 * planes, 1, bias=False), nn.BatchNorm2d(4 * planes)
        self.pool = nn.AvgPool2d(stride)
        self.downsample = None
        if stride > 1 or inputs != 4 * planes:
            self.downsample = nn.Sequential(OrderedDict([
                ("-1", nn.AvgPool2d(stride)), ("0", nn.Conv2d(inputs, 4 * planes, 1, bias=False)), ("1", nn.BatchNorm2d(4 * planes))]))

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        y = self.pool(F.relu(self.bn2(self.conv2(y))))
        return F.relu(self.bn3(self.conv3(y)) + (x if self.downsample is None else self.downsample(x)))


class Pool(nn.Module):
    def __init__(self, grid, width, heads, out):
        super().__init__()
        self.heads = heads
        self.positional_embedding = nn.Parameter(torch.randn(grid * grid + 1, width) * 0.3)
        self.q_proj, self.k_proj, self.v_proj = (nn.Linear(width, width) for _ in range(3))
        self.c_proj = nn.Linear(width, out)

    def forward(self, x):
        x = x.flatten(2).permute(2, 0, 1)
        x = torch.cat([x.mean(0, keepdim=True), x]) + self.positional_embedding[:, None]
        y, _ = F.multi_head_attention_forward(
            x[:1], x, x, x.shape[2], self.heads, None, torch.cat([self.q_proj.bias, self.k_proj.bias, self.v_proj.bias]),
            None, None, False, 0.0, self.c_proj.weight, self.c_proj.bias, training=False, need_weights=False,
            use_separate_proj_weight=True, q_proj_weight=self.q_proj.weight, k_proj_weight=self.k_proj.weight,
            v_proj_weight=self.v_proj.weight)
        return y[0]


class ResNet(nn.Module):
    def __init__(self, side, width, layers, out):
        super().__init__()
        half = width // 2
        self.conv1, self.bn1 = nn.Conv2d(3, half, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(half)
        self.conv2, self.bn2 = nn.Conv2d(half, half, 3, padding=1, bias=False), nn.BatchNorm2d(half)
        self.conv3, self.bn3 = nn.Conv2d(half, width, 3, padding=1, bias=False), nn.BatchNorm2d(width)
        inputs = width
        for i, count in enumerate(layers):
            blocks = []
            for k in range(count):
                blocks.append(Block(inputs, width << i, 2 if i and not k else 1))
                inputs = 4 * (width << i)
            setattr(self, f"layer{i + 1}", nn.Sequential(*blocks))
        self.attnpool = Pool(side // 32, inputs, inputs // 64, out)

    def forward(self, x):
        for i in "123":
            x = F.relu(getattr(self, "bn" + i)(getattr(self, "conv" + i)(x)))
        x = F.avg_pool2d(x, 2)
        for i in "1234":
            x = getattr(self, "layer" + i)(x)
        return self.attnpool(x)


class Quick(nn.Module):
    def forward(self, x):
        return x * torch.sigmoid(1.702 * x)


class Layer(nn.Module):
    def __init__(self, width, mask):
        super().__init__()
        self.attn = nn.MultiheadAttention(width, width // 64)
        self.ln_1, self.ln_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.mlp = nn.Sequential(OrderedDict([("c_fc", nn.Linear(width, 4 * width)), ("gelu", Quick()), ("c_proj", nn.Linear(4 * width, width))]))
        self.mask = mask

    def forward(self, x):
        y = self.ln_1(x)
        mask = torch.full((len(x), len(x)), -torch.inf, dtype=x.dtype).triu(1) if self.mask else None
        x = x + self.attn(y, y, y, attn_mask=mask, need_weights=False)[0]
        return x + self.mlp(self.ln_2(x))


class Stack(nn.Module):
    def __init__(self, width, layers, mask):
        super().__init__()
        self.resblocks = nn.Sequential(*[Layer(width, mask) for _ in range(layers)])

    def forward(self, x):
        return self.resblocks(x.transpose(0, 1)).transpose(0, 1)


class Vit(nn.Module):
    def __init__(self, side, width, patch, layers, out):
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, patch, stride=patch, bias=False)
        self.class_embedding = nn.Parameter(torch.randn(width))
        self.positional_embedding = nn.Parameter(torch.randn((side // patch) ** 2 + 1, width))
        self.ln_pre, self.ln_post = nn.LayerNorm(width), nn.LayerNorm(width)
        self.transformer = Stack(width, layers, False)
        self.proj = nn.Parameter(torch.randn(width, out) * width ** -0.5)

    def forward(self, x):
        x = self.conv1(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.class_embedding.expand(len(x), 1, -1), x], 1) + self.positional_embedding
        return self.ln_post(self.transformer(self.ln_pre(x))[:, 0]) @ self.proj


class Clip(nn.Module):
    def __init__(self, visual, side, out, context, vocabulary, width, layers):
        super().__init__()
        self.visual = visual
        self.token_embedding = nn.Embedding(vocabulary, width)
        self.positional_embedding = nn.Parameter(torch.randn(context, width))
        self.transformer = Stack(width, layers, True)
        self.ln_final = nn.LayerNorm(width)
        self.text_projection = nn.Parameter(torch.randn(width, out) * width ** -0.5)
        self.logit_scale = nn.Parameter(torch.tensor(2.5))
        for name, value in [("input_resolution", side), ("context_length", context), ("vocab_size", vocabulary)]:
            self.register_buffer(name, torch.tensor(value))

    def text(self, ids):
        x = self.ln_final(self.transformer(self.token_embedding(ids) + self.positional_embedding))
        return x[torch.arange(len(x)), ids.argmax(-1)] @ self.text_projection

    def forward(self, images, ids):
        i, t = self.visual(images), self.text(ids)
        cosine = F.normalize(i, dim=1) @ F.normalize(t, dim=1).t()
        return i, t, self.logit_scale.exp() * cosine


def make(name, model, side, context, vocabulary):
    for key, p in list(model.named_parameters()) + list(model.named_buffers()):
        if "bn" in key or "downsample.1" in key:
            # Statistics and affines far from (0, 1), so that each of them shows.
            if key.endswith(("weight", "running_var")):
                p.data.uniform_(0.5, 1.5)
            elif key.endswith(("bias", "running_mean")):
                p.data.normal_(0, 0.3)
    model.eval().half().float()
    images, ids = torch.randn(2, 3, side, side).half().float(), torch.randint(1, vocabulary - 1, (3, context))
    for row, end in enumerate([3, context - 1, 5]):
        ids[row, end] = vocabulary - 1
        ids[row, end + 1:] = 0
    with torch.no_grad():
        archive = torch.jit.trace(model, (images, ids), check_trace=False)
        results = model.double()(images.double(), ids)
    torch.jit.save(archive.float().half(), f"{name}.pt")
    write_safetensors(f"{name}_io.safetensors", {
        "images": images, "ids": ids, **dict(zip(["image_features", "text_features", "logits"], [r.float() for r in results]))})


torch.manual_seed(11)
make("resnet", Clip(ResNet(64, 4, [2, 1, 1, 1], 24), 64, 24, 9, 61, 64, 1), 64, 9, 61)
make("vit", Clip(Vit(24, 128, 8, 1, 24), 24, 24, 8, 50, 64, 2), 24, 8, 50)

# ---- preprocessing: Pillow's bicubic resize of the shorter side, then the centre --------------------------------------

numpy.random.seed(5)
pixels = {}
for height, width, size in [(37, 53, 32), (120, 90, 32), (5, 9, 16), (40, 150, 16), (1, 1, 8), (3, 200, 16), (150, 4, 16), (33, 32, 32)]:
    noise = numpy.random.randint(0, 256, (height, width, 3))
    ramp = numpy.linspace(0, 255, width)[None, :, None] + numpy.zeros((height, 1, 3))
    image = numpy.where(numpy.indices((height, width)).sum(0)[..., None] % 7 < 3, noise, ramp).astype(numpy.uint8)
    h, w = (size, size * width // height) if height <= width else (size * height // width, size)
    top, left = int(round((h - size) / 2)), int(round((w - size) / 2))
    result = Image.fromarray(image).resize((w, h), Image.BICUBIC).crop((left, top, left + size, top + size))
    pixels[f"in_{height}x{width}_{size}"] = torch.tensor(image).permute(2, 0, 1)
    pixels[f"out_{height}x{width}_{size}"] = torch.tensor(numpy.array(result)).permute(2, 0, 1)
write_safetensors("preprocessing.safetensors", pixels)

# ---- tokenizer ---------------------------------------------------------------------------------------------------------

merges = [tuple(line.split()) for line in gzip.open(sys.argv[1], "rt", encoding="utf-8").read().split("\n")[1:49152 - 256 - 2 + 1]]
printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
stand_in = {b: chr(b) for b in printable}
stand_in.update({b: chr(256 + i) for i, b in enumerate(b for b in range(256) if b not in stand_in)})
letters = [stand_in[b] for b in printable + [b for b in range(256) if b not in printable]]
ids = {t: i for i, t in enumerate([*letters, *(l + "</w>" for l in letters), *("".join(m) for m in merges), "<|startoftext|>", "<|endoftext|>"])}
rank = {m: i for i, m in enumerate(merges)}
words = regex.compile(r"""<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\s\p{L}\p{N}]+""", regex.IGNORECASE)


def encode(text):
    result = []
    for word in words.findall(" ".join(text.split()).lower()):
        parts = [stand_in[b] for b in word.encode()]
        parts[-1] += "</w>"
        while len(parts) > 1:
            best = min(zip(parts, parts[1:]), key=lambda pair: rank.get(pair, 1 << 30))
            if best not in rank:
                break
            merged, i = [], 0
            while i < len(parts):
                if tuple(parts[i:i + 2]) == best:
                    merged.append(parts[i] + parts[i + 1])
                    i += 2
                else:
                    merged.append(parts[i])
                    i += 1
            parts = merged
        result += [ids[p] for p in parts]
    return result


texts = [
    "a photo of a cat next to a dog", "A PHOTO of the Eiffel Tower, at night!", "don't, can't; we've they'll I'd it's you're I'm",
    "1234567890 3.14159 2nd 42%", "hot-dog / sandwich (grilled) [x] {y}", "  leading and   inner \t white\nspace  ", "naïve café façade Übermaß",
    "日本語のテキスト", "привет мир", "مرحبا بالعالم", "नमस्ते दुनिया", "🐶🐱 emoji 👩‍👩‍👧", "C# & C++ @ 100km/h", "supercalifragilisticexpialidocious",
    "Ωμέγα ½ ² № ①", "\u00a0non\u00a0breaking\u2003em", "e\u0301 combining", "...", "!?!?", "''''s", "x", "", "O'Neill's 'quoted' \"double\"",
    "wine_glass under_score", "https://example.org/a?b=c", "potted plant", "teddy bear", "Straße ẞ ﬁ ǅ", "\u0000\u0001 control", "zzzzzzzzzzzzzzzzqqqqqqqqq",
]
json.dump([{"text": t, "ids": encode(t)} for t in texts], open("tokens.json", "w"), indent=0)
