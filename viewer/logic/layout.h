// SPDX-License-Identifier: Apache-2.0
// Where tracks stand below each other: processes in the order in which they came up, in each its listeners,
// its loops, its rings, its other threads. What is pinned comes before all. Heights are pixels at scale 1.
#pragma once

#include <string>
#include <unordered_set>
#include <vector>

#include "viewer/logic/timeline.h"

namespace loopscope::viewer {

struct Place {
  uint32_t track = 0;
  float y = 0, height = 0;
  bool collapsed = false, pinned = false;
};

struct Band {
  uint32_t lane = 0;
  float y = 0, height = 0;  // from the top of the track
};

class Layout {
 public:
  // Shows only tracks whose own or process's name has one of the words that commas separate in it.
  void set_filter(std::string filter);
  [[nodiscard]] const std::string& filter() const { return filter_; }
  // Shows only tracks that have a 1 here; empty: all.
  void set_only(std::vector<uint8_t> tracks);
  void toggle(uint32_t track);      // of a process: all of it
  void toggle_pin(uint32_t track);  // above everything else
  void hide(uint32_t track);        // of a process: all of it
  void show_hidden();
  [[nodiscard]] bool pinned(uint32_t track) const { return pinned_.contains(track); }
  [[nodiscard]] size_t hidden_count() const { return hidden_.size(); }
  void expand(const Timeline& timeline, uint32_t track);

  void update(const Timeline& timeline);  // does nothing when nothing has changed

  [[nodiscard]] const std::vector<Place>& places() const { return places_; }
  [[nodiscard]] float height() const { return height_; }
  [[nodiscard]] size_t first_at(float y) const;  // the place at y, or the first behind it
  [[nodiscard]] const Place* place_of(uint32_t track) const;
  [[nodiscard]] bool collapsed(uint32_t track) const { return collapsed_.contains(track); }
  // In what part of its track a lane is drawn. Of a collapsed one only what sums it up.
  static void bands_of(const Timeline& timeline, const Place& place, std::vector<Band>& bands);

 private:
  [[nodiscard]] bool shows(const Timeline& timeline, uint32_t track) const;
  [[nodiscard]] bool passes(const Timeline& timeline, const Track& track) const;

  std::string filter_;
  std::vector<std::string> words_;
  std::vector<uint8_t> only_;
  std::unordered_set<uint32_t> collapsed_, pinned_, hidden_;
  std::vector<Place> places_;
  std::vector<uint32_t> place_by_track_;
  float height_ = 0;
  uint64_t seen_shape_ = UINT64_MAX;
};

}  // namespace loopscope::viewer
