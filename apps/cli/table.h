// apps/cli/table.h -- columns that line up, with colour that does not disturb them.
//
//   Table table({{"TARGET"}, {"UTIL", Table::kRight}});
//   table.Row({{"ams1"}, {"61%", Tone::kGood}});
//   *out += table.ToString(paint);
#ifndef SPILLWAY_APPS_CLI_TABLE_H_
#define SPILLWAY_APPS_CLI_TABLE_H_

#include <string>
#include <vector>

#include "apps/cli/format.h"

namespace spillway::cli {

class Table {
 public:
  enum Align : uint8_t { kLeft, kRight };
  struct Column {
    std::string title;
    Align align = kLeft;
  };
  struct Cell {
    std::string text;
    Tone tone = Tone::kPlain;
  };

  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}
  // Requires one cell per column.
  void Row(std::vector<Cell> cells);
  // A line per row below the titles; no blanks trail. Columns with empty cells only are left out.
  std::string ToString(const Paint& paint) const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace spillway::cli

#endif  // SPILLWAY_APPS_CLI_TABLE_H_
