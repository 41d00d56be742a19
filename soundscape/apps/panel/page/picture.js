// The picture of a take: its wave and its spectrogram, drawn from numbers.
"use strict";

// Dark to light through violet and orange, even in lightness.
const SHADES = [[8, 6, 22], [49, 17, 92], [115, 31, 129], [182, 54, 121], [241, 96, 93], [254, 159, 109],
                [252, 253, 191]];

const PALETTE = Uint8ClampedArray.from({ length: 1024 }, (_, at) => {
  const place = (Math.floor(at / 4) / 255) * (SHADES.length - 1), low = Math.min(Math.floor(place), SHADES.length - 2);
  const channel = at % 4, share = place - low;
  return channel === 3 ? 255 : SHADES[low][channel] * (1 - share) + SHADES[low + 1][channel] * share;
});

function draw_spectrum(canvas, image) {
  const bytes = atob(image.shades), n = image.n_rows * image.n_columns;
  canvas.width = image.n_columns;
  canvas.height = image.n_rows;
  const pixels = new ImageData(image.n_columns, image.n_rows);
  for (let at = 0; at < n; at++) {
    const shade = 4 * bytes.charCodeAt(at);
    for (let channel = 0; channel < 4; channel++) pixels.data[4 * at + channel] = PALETTE[shade + channel];
  }
  canvas.getContext("2d").putImageData(pixels, 0, 0);
}

function draw_wave(canvas, image, colour) {
  const box = canvas.getBoundingClientRect(), sharp = window.devicePixelRatio || 1;
  canvas.width = Math.max(1, Math.round(box.width * sharp));
  canvas.height = Math.max(1, Math.round(box.height * sharp));
  const pen = canvas.getContext("2d"), middle = canvas.height / 2, wide = canvas.width / image.peaks.length;
  const loudest = image.peaks.reduce((most, [low, high]) => Math.max(most, -low, high), 1e-4);
  pen.fillStyle = colour;
  image.peaks.forEach(([low, high], column) => {
    const top = middle * (1 - 0.95 * high / loudest), bottom = middle * (1 - 0.95 * low / loudest);
    pen.fillRect(column * wide, top, Math.max(wide, 1), Math.max(bottom - top, 1));
  });
}

// Times for an axis: round numbers, at most so many.
function ticks_of(start_s, end_s, most) {
  const steps = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600];
  const step = steps.find((one) => (end_s - start_s) / one <= most) || 7200, ticks = [];
  for (let n = Math.ceil(start_s / step); n * step <= end_s; n++) ticks.push(n * step);
  return ticks;
}
