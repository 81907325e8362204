// tests/support/sign_zone_main.cc -- signs a zone for tests that are not C++.
//
// usage: sign_zone ORIGIN KEYFILE [nsec3] [optout] < zone > signed zone
// KEYFILE gets the DNSKEY records.
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

#include "tests/support/zone_signer.h"

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: sign_zone ORIGIN KEYFILE [nsec3] [optout] < zone > signed\n");
    return 2;
  }
  spillway::SignOptions options;
  for (int i = 3; i < argc; ++i) {
    options.nsec3 |= std::string(argv[i]) == "nsec3";
    options.opt_out |= std::string(argv[i]) == "optout";
  }
  const std::string text((std::istreambuf_iterator<char>(std::cin)),
                         std::istreambuf_iterator<char>());
  const spillway::SignedZone zone = spillway::SignZone(text, argv[1], options);
  std::ofstream(argv[2]) << zone.dnskeys;
  std::cout << zone.text;
  return 0;
}
