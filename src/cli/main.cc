#include "cli/run.h"

int main(int argc, char** argv) { return manta::cli::run(argc, argv, nullptr); }
