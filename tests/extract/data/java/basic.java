package com.example.app;

import java.util.List;
import java.util.*;
import static java.lang.Math.max;

/**
 * Keeps accounts.
 *
 * @author x
 */
@Service
public class Bank<T extends Account> extends Base implements Closeable, Runnable {
    private static final int LIMIT = 10, OTHER = 2;
    protected List<T> accounts;

    public Bank(List<T> accounts) {
        this.accounts = accounts;
    }

    /** Adds one. */
    @Override
    public <R> R add(T account, int n) throws IOException {
        int local = max(n, LIMIT);
        accounts.add(account);
        return new Receipt(local).convert();
    }

    void add(String name) { }

    enum Level { LOW, HIGH { void up() {} } }

    interface Visitor { void visit(Bank<?> bank); }

    static class Inner { class Deep { } }
}

record Pair(int left, String right) { int sum() { return left; } }

@interface Marker { String value() default ""; }
