// dns/zone/master_lines.h -- master-file text cut into entries: one record or directive each.
//
//   www 60 A ( 192.0.2.1 ; first        ──►  {line 1, "www 60 A   192.0.2.1  "}
//            )
//
// why: ldns reads single records well, but given a file it counts lines loosely, takes `$TTL 0` for
//      an hour, and lets unclosed quotes and parentheses pass; so the cutting is ours.
// references: RFC 1035 5.1.
#ifndef SPILLWAY_DNS_ZONE_MASTER_LINES_H_
#define SPILLWAY_DNS_ZONE_MASTER_LINES_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "dns/zone/zone_builder.h"

namespace spillway::dns {

struct MasterLine {
  int line = 0;      // where the entry begins, from 1
  std::string text;  // without comments, parentheses and line ends; begins with a blank when it
                     // takes its owner from the entry before (RFC 1035 5.1)
};

// Entries in order, empty ones left out. Unclosed quotes and parentheses become faults at the line
// where they were opened.
std::vector<MasterLine> SplitMasterLines(absl::string_view text, std::vector<ZoneFault>* faults);

}  // namespace spillway::dns

#endif  // SPILLWAY_DNS_ZONE_MASTER_LINES_H_
