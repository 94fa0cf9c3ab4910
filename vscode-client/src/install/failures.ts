/** What goes wrong when an environment is made, in words that say what to do. */

/** Why the environment could not be made, in words that say what to do. */
export class EnvironmentError extends Error {
  /** Whether the machine is to blame, so that another way of installing would fail, too. */
  readonly ofMachine: boolean;

  constructor(message: string, { ofMachine = false, ...options }: ErrorOptions & { ofMachine?: boolean } = {}) {
    super(message, options);
    this.ofMachine = ofMachine;
  }
}

/** The packages are there, and the server does not run with them: building it here would not help. */
export class ServerError extends EnvironmentError {}

/** Tells whether the machine is to blame: no room, no permission, no memory. */
export function isOfMachine(error: unknown): boolean {
  return error instanceof EnvironmentError && error.ofMachine;
}

interface Failure {
  /** What pip, CMake or the compiler prints. */
  said: RegExp;
  cause: string;
  ofMachine?: true;
  remedy: Partial<Record<NodeJS.Platform, string>> & { any: string };
}

const SETTING = 'ownstack.environment.folder';

const COMPILER: Failure['remedy'] = {
  linux: 'Install one (on Debian and Ubuntu: build-essential; on Fedora: gcc-c++ make; on Arch: base-devel; on Alpine: build-base linux-headers)',
  darwin: 'Install the command line tools (xcode-select --install)',
  win32: 'Install the Visual Studio Build Tools with “Desktop development with C++”',
  any: 'Install one',
};

// The first that fits counts: what went wrong first says more than what followed from it.
const FAILURES: readonly Failure[] = [
  {
    said: /^mounted noexec|failed to map segment from shared object|cannot enable executable stack|spawn \S+ EACCES|bad interpreter: Permission denied/i,
    cause: 'Programs must not run from the folder of the environment (it lies on a disk that is mounted noexec, or a policy forbids it).',
    ofMachine: true,
    remedy: { any: `Name a folder elsewhere in the setting ${SETTING}` },
  },
  {
    said: /No space left on device|ENOSPC|Errno 28|not enough space on the disk|Disk quota exceeded|Errno 122/i,
    cause: 'The disk is full.',
    ofMachine: true,
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
    cause: 'Python lacks its venv module, or pip.',
    remedy: { any: 'Install it', linux: 'Install it (on Debian and Ubuntu: python3-venv; on Alpine: py3-pip)' },
  },
  {
    said: /Permission denied|Errno 13|Access is denied|EACCES|EPERM|WinError 5|Read-only file system|EROFS|Errno 30|ENOTDIR|EEXIST|not a directory/i,
    cause: "The extension's own folder cannot be written.",
    ofMachine: true,
    remedy: { any: `Make it writable (the log names it), or name another one in the setting ${SETTING}` },
  },
  {
    said: /GLIBC(XX)?_[\d.]+'? not found|invalid ELF header|wrong ELF class|Exec format error|is not a valid Win32 application|incompatible architecture/i,
    cause: 'What was installed does not run here: it is for another system or processor.',
    remedy: { any: 'Update the system, or take the extension for any platform' },
  },
  {
    said: /DO NOT MATCH THE HASHES|hashes are required|Hash mismatch|File is not a zip file|BadZipFile/i,
    cause: 'What the extension carries is damaged.',
    remedy: { any: 'Install the extension again' },
  },
  {
    said: /CMake Error|Building wheel for llama-cpp-python.*error|Failed building wheel|Failed to build llama/i,
    cause: 'llama.cpp cannot be compiled; the log has what the compiler said.',
    remedy: { any: 'Update the compiler (C++17 is needed)' },
  },
];

/** Returns the cause of a failed installation and what to do, judged by what was printed. */
export function advice(output: string, platform: NodeJS.Platform): string {
  return failure(output, platform).message;
}

/** Returns the error for what was printed, or for what the system refused. */
export function failure(output: string, platform: NodeJS.Platform, cause?: unknown): EnvironmentError {
  const found = FAILURES.find(({ said }) => said.test(output));
  const options = { cause, ofMachine: found?.ofMachine ?? false };
  if (!found) {
    return new EnvironmentError('The server could not be installed; the log has the details. Look there, then try again.', options);
  }
  return new EnvironmentError(`${found.cause} ${found.remedy[platform] ?? found.remedy.any}, then try again.`, options);
}
