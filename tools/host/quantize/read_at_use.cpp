// SPDX-License-Identifier: BSL-1.0
#include "mote/host/quantize/read_at_use.hpp"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "mote/format/f32.hpp"
#include "mote/kernel/matmul.hpp"

namespace mote::inline v0::host {

linear read_at_use(row_reader read, std::size_t rows, std::size_t cols) {
  using format = f32<16>;
  linear l{.rows = rows, .cols = cols, .bytes = format::bytes(rows, cols), .multiply = {}, .decode_row = {}};
  l.multiply = [read, rows, cols](const float* x, std::size_t x_stride, std::size_t tokens, float* y,
                                  std::size_t y_stride) {
    constexpr std::size_t weights = std::size_t{1} << 18U;
    const std::size_t at_once = round_up((std::max)(weights / cols, std::size_t{1}), format::rows);
    packed_bytes tiles(format::bytes((std::min)(at_once, rows), cols));
    for (std::size_t first = 0; first < rows; first += at_once) {
      const std::size_t count = (std::min)(at_once, rows - first);
      const float* w = read(first, count);
      for (std::size_t row = 0; row < count; row += format::rows)
        format::encode_tile(w + row * cols, (std::min)(format::rows, count - row), cols,
                            tiles.data() + row / format::rows * format::tile_bytes(cols));
      matmul(matrix<format>{tiles.data(), count, cols}, x, x_stride, tokens, y + first, y_stride, nullptr);
    }
  };
  l.decode_row = [read, cols](std::size_t row, float* out) { std::copy_n(read(row, 1), cols, out); };
  return l;
}

linear read_at_use(model_source& from, const tensor_place& p, std::shared_ptr<std::vector<float>> room) {
  const matrix_size size = from.family().size(from.shape(), p);
  return read_at_use(
      [&from, p, cols = size.cols, room = std::move(room)](std::size_t first, std::size_t count) -> const float* {
        room->resize(count * cols);
        from.load_rows(p, first, count, room->data());
        return room->data();
      },
      size.rows, size.cols);
}

template batch_model use_source(model_source&);

}  // namespace mote::inline v0::host
