#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <manta/error.h>

#include "simulate/draw.h"

namespace manta::simulate {

// When requests come, as a generator: seconds from the beginning, rising.
//   pattern   constant:50            50 a second, evenly spaced
//             poisson:50             50 a second on average, independent of each other
//             sine:10..100/600       independent, their rate goes from 10 to 100 and back every 600 s
//             steps:10@0,80@300      independent, 10 a second from 0 s on, 80 from 300 s on
//   file      time_s,requests        so many come between this time and that of the next line, independently
//             timestamp,deployment   one request at that time to that deployment ("app#deployment" or its name); the
//                                    first line is the beginning
class Arrivals {
 public:
  struct Arrival {
    double at_s = 0;
    std::string deployment = {};  // empty: the ingress of the first application
  };

  // A pattern. InvalidArgument says what is expected.
  static Result<Arrivals> of_pattern(std::string_view text);
  // The text of a file; `name` is for messages.
  static Result<Arrivals> of_csv(std::string_view text, const std::string& name);

  // The next one, or none: the trace is over. A pattern never is.
  std::optional<Arrival> next(Random& random);
  // Of a file: when its last request comes at the latest.
  std::optional<double> ends_at_s() const;
  const std::vector<std::string>& deployments() const { return names_; }

 private:
  struct Rate {  // requests per second from a time on
    double from_s, low, high, period_s;
    double at(double time_s) const;
  };
  struct Single {
    double at_s;
    std::size_t name;
  };
  std::optional<double> next_by_rate(Random& random);
  Result<void> add_steps(std::string_view text);

  bool even_ = false;  // spaced evenly
  std::vector<Rate> rates_;
  std::optional<double> end_s_;
  std::vector<Single> singles_;
  std::vector<std::string> names_;
  std::size_t at_ = 0;  // of rates_ or singles_
  double now_s_ = 0;
};

}  // namespace manta::simulate
