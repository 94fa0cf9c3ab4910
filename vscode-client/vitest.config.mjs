import { defineConfig } from 'vitest/config';

// No test is about time: a busy machine only takes longer.
export default defineConfig({ test: { include: ['test/**/*.test.ts'], testTimeout: 120_000 } });
