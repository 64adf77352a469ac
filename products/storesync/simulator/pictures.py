"""Product pictures, 640 x 640 JPEG, drawn from nothing but the product's number, category and the seed."""

import colorsys
import io
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from PIL import Image, ImageDraw, ImageFilter

from products.storesync.simulator.derivation import draw_number

SIDE_PX = 640
SCALE = 2  # shapes are drawn at twice the size and reduced, for smooth edges
CACHED_PICTURES = 512
JPEG_QUALITY = 82

Colour = tuple[int, int, int]
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Palette:
    """The colours of one product: its body, a darker edge, a light part and an accent."""

    body: Colour
    edge: Colour
    light: Colour
    accent: Colour


class Sketch:
    """A drawing surface whose coordinates run from 0 to 100 in both directions."""

    def __init__(self, draw: ImageDraw.ImageDraw, palette: Palette) -> None:
        self.draw = draw
        self.palette = palette
        self.unit = SIDE_PX * SCALE / 100

    def _scale(self, values: Box) -> Box:
        left, top, right, bottom = values
        return left * self.unit, top * self.unit, right * self.unit, bottom * self.unit

    def round_box(self, box: Box, radius: float, fill: Colour) -> None:
        """Draw a rectangle with rounded corners."""
        self.draw.rounded_rectangle(self._scale(box), radius * self.unit, fill=fill)

    def oval(self, box: Box, fill: Colour) -> None:
        """Draw an ellipse."""
        self.draw.ellipse(self._scale(box), fill=fill)

    def ring(self, box: Box, width: float, colour: Colour) -> None:
        """Draw the outline of an ellipse."""
        self.draw.ellipse(self._scale(box), outline=colour, width=int(width * self.unit))

    def polygon(self, points: tuple[tuple[float, float], ...], fill: Colour) -> None:
        """Draw a filled polygon."""
        self.draw.polygon([(x * self.unit, y * self.unit) for x, y in points], fill=fill)


def draw_appliance(sketch: Sketch) -> None:
    """A standing device with a round grille and a display."""
    colours = sketch.palette
    sketch.round_box((32, 18, 68, 84), 6, colours.edge)
    sketch.round_box((33, 18, 66, 82), 6, colours.body)
    sketch.oval((38, 26, 61, 49), colours.edge)
    sketch.oval((40, 28, 59, 47), colours.light)
    sketch.ring((44, 32, 55, 43), 1.2, colours.body)
    sketch.round_box((40, 58, 59, 66), 2, colours.light)
    sketch.oval((47, 71, 52, 76), colours.accent)


def draw_pot(sketch: Sketch) -> None:
    """A pot with a lid and two handles."""
    colours = sketch.palette
    sketch.round_box((16, 50, 84, 57), 3, colours.edge)
    sketch.round_box((24, 44, 76, 80), 8, colours.body)
    sketch.oval((24, 34, 76, 52), colours.light)
    sketch.round_box((24, 43, 76, 48), 2, colours.edge)
    sketch.oval((45, 26, 55, 36), colours.accent)
    sketch.round_box((30, 54, 34, 74), 2, colours.light)


def draw_bottle(sketch: Sketch) -> None:
    """A bottle with a pump and a label."""
    colours = sketch.palette
    sketch.round_box((46, 14, 62, 19), 2, colours.edge)
    sketch.round_box((46, 14, 54, 32), 2, colours.edge)
    sketch.round_box((34, 30, 66, 84), 7, colours.body)
    sketch.round_box((34, 48, 66, 70), 0, colours.light)
    sketch.round_box((40, 53, 60, 56), 1, colours.accent)
    sketch.round_box((40, 60, 54, 62), 1, colours.edge)


def draw_pouch(sketch: Sketch) -> None:
    """A stand-up food pouch with a window."""
    colours = sketch.palette
    sketch.polygon(((28, 20), (72, 20), (76, 84), (24, 84)), colours.body)
    sketch.round_box((28, 18, 72, 25), 1, colours.edge)
    sketch.oval((34, 46, 66, 76), colours.light)
    sketch.oval((40, 52, 60, 70), colours.accent)
    sketch.round_box((36, 32, 64, 36), 1, colours.light)


def draw_tent(sketch: Sketch) -> None:
    """A ridge tent with an open door."""
    colours = sketch.palette
    sketch.polygon(((50, 22), (92, 80), (8, 80)), colours.edge)
    sketch.polygon(((50, 22), (84, 80), (16, 80)), colours.body)
    sketch.polygon(((50, 40), (64, 80), (36, 80)), colours.light)
    sketch.polygon(((50, 40), (50, 80), (36, 80)), colours.accent)


def draw_pillow(sketch: Sketch) -> None:
    """Folded bedding with a pillow on top."""
    colours = sketch.palette
    sketch.round_box((16, 64, 84, 82), 7, colours.edge)
    sketch.round_box((16, 50, 84, 68), 7, colours.body)
    sketch.round_box((22, 30, 78, 54), 11, colours.light)
    sketch.round_box((28, 40, 72, 43), 1, colours.accent)


def draw_bowl(sketch: Sketch) -> None:
    """A pet's bowl with a bone on it."""
    colours = sketch.palette
    sketch.oval((22, 38, 78, 56), colours.edge)
    sketch.oval((27, 41, 73, 53), colours.accent)
    sketch.polygon(((22, 48), (78, 48), (86, 80), (14, 80)), colours.body)
    sketch.round_box((38, 62, 62, 67), 2, colours.light)
    for x, y in ((35, 58), (35, 65), (59, 58), (59, 65)):
        sketch.oval((x, y, x + 6, y + 6), colours.light)


def draw_notebook(sketch: Sketch) -> None:
    """A notebook with rings and a pen."""
    colours = sketch.palette
    sketch.round_box((26, 18, 74, 84), 3, colours.edge)
    sketch.round_box((24, 16, 70, 82), 3, colours.body)
    sketch.round_box((36, 28, 62, 42), 2, colours.light)
    for step in range(7):
        sketch.ring((19, 21 + step * 8.5, 28, 27 + step * 8.5), 1.2, colours.edge)
    sketch.polygon(((78, 24), (83, 24), (83, 74), (80.5, 82), (78, 74)), colours.accent)


def draw_bear(sketch: Sketch) -> None:
    """A baby's bear."""
    colours = sketch.palette
    for left in (24, 58):
        sketch.oval((left, 18, left + 18, 36), colours.edge)
        sketch.oval((left + 4, 22, left + 14, 32), colours.light)
    sketch.oval((24, 24, 76, 72), colours.body)
    sketch.oval((38, 46, 62, 68), colours.light)
    sketch.oval((45, 48, 55, 56), colours.edge)
    for left in (36, 58):
        sketch.oval((left, 38, left + 6, 44), colours.edge)
    sketch.round_box((34, 72, 66, 84), 5, colours.accent)


def draw_box(sketch: Sketch) -> None:
    """A parcel with a band, for everything else."""
    colours = sketch.palette
    sketch.polygon(((22, 38), (50, 28), (78, 38), (50, 48)), colours.light)
    sketch.polygon(((22, 38), (50, 48), (50, 84), (22, 72)), colours.body)
    sketch.polygon(((78, 38), (50, 48), (50, 84), (78, 72)), colours.edge)
    sketch.polygon(((33, 34), (39, 32), (67, 42), (61, 44)), colours.accent)


SHAPES: tuple[tuple[tuple[str, ...], Callable[[Sketch], None]], ...] = (
    (("가전", "디지털", "Notebook", "PC", "Processor"), draw_appliance),
    (("주방용품", "조리", "냄비"), draw_pot),
    (("화장품", "미용", "바디", "헤어"), draw_bottle),
    (("반려",), draw_bowl),
    (("식품",), draw_pouch),
    (("캠핑", "스포츠"), draw_tent),
    (("침구", "가구"), draw_pillow),
    (("출산", "육아"), draw_bear),
    (("문구", "사무"), draw_notebook),
)


def choose_shape(category: str) -> Callable[[Sketch], None]:
    """Return the drawing for a category path by the first word that it contains."""
    return next((shape for words, shape in SHAPES if any(word in category for word in words)), draw_box)


def choose_palette(seed: int, product_no: int) -> tuple[Palette, Colour, Colour]:
    """Return the product's palette and the two tints of its background."""
    hue = draw_number(seed, product_no, "hue", 360) / 360
    warmth = draw_number(seed, product_no, "warmth", 40) / 100
    palette = Palette(
        body=_tint(hue, 0.35 + warmth / 2, 0.80),
        edge=_tint(hue, 0.45 + warmth / 2, 0.52),
        light=_tint(hue, 0.08, 0.97),
        accent=_tint(hue + 0.45, 0.60, 0.88),
    )
    return palette, _tint(hue + 0.06, 0.10, 0.97), _tint(hue + 0.10, 0.24, 0.86)


def _tint(hue: float, saturation: float, value: float) -> Colour:
    red, green, blue = colorsys.hsv_to_rgb(hue % 1.0, saturation, value)
    return round(red * 255), round(green * 255), round(blue * 255)


@lru_cache(maxsize=CACHED_PICTURES)
def draw_picture(product_no: int, category: str, seed: int) -> bytes:
    """Return the JPEG bytes of a product's picture."""
    palette, bright, deep = choose_palette(seed, product_no)
    picture = _draw_background(bright, deep, draw_number(seed, product_no, "turn", 4))
    _draw_texture(picture, seed, product_no)
    _draw_shadow(picture)
    layer = Image.new("RGBA", (SIDE_PX * SCALE, SIDE_PX * SCALE))
    choose_shape(category)(Sketch(ImageDraw.Draw(layer), palette))
    small = layer.reduce(SCALE)
    picture.paste(small, (0, 0), small)
    target = io.BytesIO()
    picture.save(target, "JPEG", quality=JPEG_QUALITY)
    return target.getvalue()


def _draw_background(bright: Colour, deep: Colour, quarter_turns: int) -> Image.Image:
    ramp = Image.linear_gradient("L").rotate(90 * quarter_turns).resize((SIDE_PX, SIDE_PX))
    size = (SIDE_PX, SIDE_PX)
    return Image.composite(Image.new("RGB", size, deep), Image.new("RGB", size, bright), ramp)


def _draw_texture(picture: Image.Image, seed: int, product_no: int) -> None:
    mask = Image.new("L", picture.size)
    draw = ImageDraw.Draw(mask)
    step = 24 + draw_number(seed, product_no, "step", 24)
    slant = math.radians(draw_number(seed, product_no, "slant", 180))
    reach = SIDE_PX * 1.5
    is_dotted = draw_number(seed, product_no, "pattern", 2) == 0
    for offset in range(-SIDE_PX, 2 * SIDE_PX, step):
        if is_dotted:
            for across in range((offset // step % 2) * step // 2, SIDE_PX, step):
                draw.ellipse((across, offset, across + 5, offset + 5), fill=70)
        else:
            x, y = offset * math.sin(slant), offset * math.cos(slant)
            ends = (x - reach * math.cos(slant), y + reach * math.sin(slant))
            draw.line((*ends, x + reach * math.cos(slant), y - reach * math.sin(slant)), fill=60, width=3)
    picture.paste((255, 255, 255), (0, 0), mask)


def _draw_shadow(picture: Image.Image) -> None:
    mask = Image.new("L", (SIDE_PX // 4, SIDE_PX // 4))
    ImageDraw.Draw(mask).ellipse((24, 124, 136, 142), fill=110)
    soft = mask.filter(ImageFilter.GaussianBlur(5)).resize(picture.size)
    picture.paste((40, 36, 48), (0, 0), soft)
