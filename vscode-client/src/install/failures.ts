/** What goes wrong when an environment is made, in words that say what to do. */

/** Why the environment could not be made, in words that say what to do. */
export class EnvironmentError extends Error {}

interface Failure {
  /** What pip, CMake or the compiler prints. */
  said: RegExp;
  cause: string;
  remedy: Partial<Record<NodeJS.Platform, string>> & { any: string };
}

const COMPILER: Failure['remedy'] = {
  linux: 'Install one (on Debian and Ubuntu: build-essential; on Fedora: gcc-c++ make; on Arch: base-devel; on Alpine: build-base linux-headers)',
  darwin: 'Install the command line tools (xcode-select --install)',
  win32: 'Install the Visual Studio Build Tools with “Desktop development with C++”',
  any: 'Install one',
};

// The first that fits counts: what went wrong first says more than what followed from it.
const FAILURES: readonly Failure[] = [
  {
    said: /No space left on device|ENOSPC|Errno 28|not enough space on the disk|Disk quota exceeded|Errno 122/i,
    cause: 'The disk is full.',
    remedy: { any: 'Make about 1 GB of room' },
  },
  {
    said: /Killed signal terminated program|virtual memory exhausted|out of memory|cannot allocate memory|MemoryError|fatal error C1060|signal: 9|exit code -9/i,
    cause: 'llama.cpp cannot be compiled: the memory was not enough.',
    remedy: { any: 'Close other programs (about 2 GB must be free)' },
  },
  {
    said: /CMAKE_C(XX)?_COMPILER|No CMAKE_C|no c(\+\+)? compiler|unable to find a (C|C\+\+) compiler|command '?(gcc|g\+\+|cc|c\+\+|clang)'? failed|(gcc|g\+\+|cc|c\+\+|clang): (command )?not found|Microsoft Visual C\+\+|could not find any instance of Visual Studio|CMake was unable to find|unable to find a build program|xcrun: error|No developer tools were found/i,
    cause: 'llama.cpp cannot be compiled: there is no C++ compiler.',
    remedy: COMPILER,
  },
  {
    said: /CERTIFICATE_VERIFY_FAILED|SSLError|SSLCertVerificationError|self[- ]signed certificate/i,
    cause: 'The Python packages could not be fetched: the certificate of the package index is not trusted here.',
    remedy: { any: 'Name your certificates to pip (pip config set global.cert FILE)' },
  },
  {
    said: /ProxyError|Tunnel connection failed|407 Proxy Authentication/i,
    cause: 'The Python packages could not be fetched: the proxy refuses.',
    remedy: { any: 'Set up pip for your proxy (pip config set global.proxy URL)' },
  },
  {
    said: /name resolution|NewConnectionError|Network is unreachable|getaddrinfo failed|nodename nor servname|ConnectTimeout|ReadTimeout|Connection refused|Connection timed out|Max retries exceeded|RemoteDisconnected|ConnectionResetError/i,
    cause: 'The Python packages could not be fetched: the package index cannot be reached.',
    remedy: { any: 'Connect, or set up pip for your mirror' },
  },
  {
    said: /No matching distribution found|Could not find a version that satisfies/i,
    cause: 'The package index has no fitting version of a package that is needed.',
    remedy: { any: 'Set up pip for an index that has all of PyPI' },
  },
  {
    said: /ensurepip|No module named '?(venv|pip)/,
    cause: 'Python lacks its venv module.',
    remedy: { any: 'Install it', linux: 'Install it (on Debian and Ubuntu: python3-venv)' },
  },
  {
    said: /Permission denied|Errno 13|Access is denied|EACCES|WinError 5/i,
    cause: "The extension's own folder cannot be written.",
    remedy: { any: 'Make it writable; the log names it' },
  },
  {
    said: /CMake Error|Building wheel for llama-cpp-python.*error|Failed building wheel|Failed to build llama/i,
    cause: 'llama.cpp cannot be compiled; the log has what the compiler said.',
    remedy: { any: 'Update the compiler (C++17 is needed)' },
  },
];

/** Returns the cause of a failed installation and what to do, judged by what pip printed. */
export function advice(output: string, platform: NodeJS.Platform): string {
  const failure = FAILURES.find(({ said }) => said.test(output));
  if (!failure) return 'The server could not be installed; the log has the details. Look there, then try again.';
  const { cause, remedy } = failure;
  return `${cause} ${remedy[platform] ?? remedy.any}, then try again.`;
}
