#include "apps/cli/table.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "base/check.h"

namespace spillway::cli {

void Table::Row(std::vector<Cell> cells) {
  CHECK(cells.size() == columns_.size());
  rows_.push_back(std::move(cells));
}

std::string Table::ToString(const Paint& paint) const {
  std::vector<size_t> widths(columns_.size(), 0);
  size_t last = 0;  // of the columns that are shown
  for (size_t i = 0; i < columns_.size(); ++i) {
    for (const std::vector<Cell>& row : rows_) widths[i] = std::max(widths[i], Width(row[i].text));
    if (widths[i] == 0) continue;
    widths[i] = std::max(widths[i], Width(columns_[i].title));
    last = i;
  }
  std::string out;
  auto append = [&](auto cell_of) {
    bool first = true;
    for (size_t i = 0; i < columns_.size(); ++i) {
      if (widths[i] == 0) continue;
      Cell cell = cell_of(i);
      std::string fill(widths[i] - Width(cell.text), ' ');
      if (!first) out += "  ";
      first = false;
      if (columns_[i].align == kRight) out += fill;
      out += cell.text.empty() ? "" : paint(cell.tone, cell.text);
      if (columns_[i].align == kLeft && i != last) out += fill;
    }
    out.erase(out.find_last_not_of(' ') + 1);
    out += '\n';
  };
  append([&](size_t i) { return Cell{columns_[i].title, Tone::kBold}; });
  for (const std::vector<Cell>& row : rows_) append([&](size_t i) { return row[i]; });
  return out;
}

}  // namespace spillway::cli
