// The application of hello.cc as a program: the whole command line of Manta with this application inside.
#include "hello.cc"

int main(int argc, char** argv) { return manta::main(argc, argv, build); }
