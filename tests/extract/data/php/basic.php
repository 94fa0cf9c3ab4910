<?php
namespace App\Models;

use App\Base\Model;
use App\Support\{Str, Arr as A};
use function App\helper;
require_once 'boot.php';

const VERSION = '1';
define('MODE', 2);

/**
 * A user.
 */
#[Entity]
final class User extends Model implements Countable
{
    use SoftDeletes;
    public const LIMIT = 5;
    private static ?string $name = null;
    protected int $age, $size;

    public function __construct(private readonly Repo $repo) {}

    /** Counts. */
    public function count(int $from = 0): int
    {
        $local = Str::length($this->name);
        $x = new Arr($local);
        return helper($from) + $this->repo->total();
    }
}

interface Countable { public function count(): int; }
trait SoftDeletes { protected function trash() {} }
enum Suit: string { case Hearts = 'H'; public function label() {} }

function largest(array $all, ?callable $by = null) { return max($all); }
