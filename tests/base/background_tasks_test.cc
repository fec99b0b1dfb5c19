#include "base/background_tasks.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "base/error.h"
#include "base/parallel.h"

namespace tokrail {
namespace {

TEST(BackgroundTasks, AllAreDoneBeforeItGoes) {
  std::atomic<int> count = 0;
  {
    BackgroundTasks tasks;
    for (int i = 0; i < 1000; ++i) tasks.run([&count] { ++count; });
  }
  EXPECT_EQ(count, 1000);
}

TEST(BackgroundTasks, GoOnBesideTheCaller) {
  BackgroundTasks tasks(1);
  std::atomic<bool> done = false;
  std::atomic<std::thread::id> where;
  tasks.run([&] {
    where = std::this_thread::get_id();
    done = true;
  });
  while (!done) std::this_thread::yield();
  EXPECT_NE(where.load(), std::this_thread::get_id());
  tasks.wait();
}

TEST(BackgroundTasks, NoMoreThanAskedForAtATime) {
  std::atomic<int> now = 0, most = 0;
  {
    BackgroundTasks tasks(1);
    for (int i = 0; i < 200; ++i) {
      tasks.run([&] {
        const int here = ++now;
        if (here > most) most = here;
        std::this_thread::yield();
        --now;
      });
    }
    tasks.wait();
    EXPECT_EQ(now, 0);
  }
  EXPECT_LE(most, 2);  // one, and the one that waits
}

TEST(BackgroundTasks, TasksMayAddTasksAndUseLoops) {
  std::atomic<int> count = 0;
  BackgroundTasks tasks(2);
  for (int i = 0; i < 20; ++i) {
    tasks.run([&] {
      parallel_for(0, 10, 1, [&](size_t, size_t) { ++count; });
      tasks.run([&] { ++count; });
    });
  }
  tasks.wait();
  EXPECT_EQ(count, 20 * 11);
}

TEST(BackgroundTasks, ThreadsAreChecked) {
  EXPECT_THROW(BackgroundTasks(-1), Error);
}

}  // namespace
}  // namespace tokrail
