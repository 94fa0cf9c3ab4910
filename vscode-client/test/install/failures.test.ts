import { describe, expect, it } from 'vitest';

import { advice } from '../../src/install/failures.js';
import { buttonsFor } from '../../src/wording.js';

describe('the advice about a failed installation', () => {
  const cases: [string, NodeJS.Platform, string][] = [
    ['CMake Error: CMAKE_CXX_COMPILER not set', 'linux', 'build-essential'],
    ["error: command 'gcc' failed: No such file", 'linux', 'build-essential'],
    ['No CMAKE_C_COMPILER could be found', 'darwin', 'xcode-select --install'],
    ['error: Microsoft Visual C++ 14.0 is required', 'win32', 'Visual Studio Build Tools'],
    ['Failed to establish: Temporary failure in name resolution', 'linux', 'cannot be reached'],
    ['OSError: [Errno 28] No space left on device', 'linux', 'disk is full'],
    ['ensurepip is not available', 'linux', 'python3-venv'],
    ['something else', 'linux', 'the log has the details'],
    ['c++: fatal error: Killed signal terminated program cc1plus', 'linux', 'the memory was not enough'],
    ['CMake Error: CMake was unable to find a build program corresponding to "Ninja"', 'linux', 'build-essential'],
    ['/bin/sh: 1: c++: not found', 'linux', 'base-devel'],
    ['xcrun: error: invalid active developer path', 'darwin', 'xcode-select --install'],
    ['SSLError(SSLCertVerificationError(1, CERTIFICATE_VERIFY_FAILED))', 'linux', 'global.cert'],
    ['ProxyError(Tunnel connection failed: 407)', 'linux', 'global.proxy'],
    ['ReadTimeoutError: Max retries exceeded', 'linux', 'cannot be reached'],
    ['ERROR: No matching distribution found for numpy>=1', 'linux', 'no fitting version'],
    ["OSError: [Errno 13] Permission denied: '/x'", 'linux', 'cannot be written'],
    ['ggml.c:1:1: error\nERROR: Failed building wheel for llama-cpp-python', 'linux', 'Update the compiler'],
    ['gcc: fatal error: No space left on device\nFailed building wheel', 'linux', 'disk is full'],
    ['ImportError: libarrow.so: failed to map segment from shared object: Operation not permitted', 'linux', 'ownstack.environment.folder'],
    ['spawn /home/me/environments/1/bin/python EACCES', 'linux', 'noexec'],
    ['EROFS: read-only file system, mkdir /x', 'linux', 'ownstack.environment.folder'],
    ['/usr/bin/python3: No module named pip', 'linux', 'or pip'],
    ["ImportError: /lib/libm.so.6: version `GLIBC_2.38' not found", 'linux', 'another system'],
    ['THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE', 'linux', 'is damaged'],
  ];
  it.each(cases)('%s (%s)', (output, platform, expected) => {
    const said = advice(output, platform);

    expect(said).toContain(expected);
    expect(buttonsFor(said)[0]).toMatchObject({ label: 'Try Again', command: 'ownstack.restart' });
  });
});
