<html>
<body id="page">
<?php
/** Adds up. */
function total(array $all): int { return array_sum($all); }
?>
<p>Größe: <?= total([1, 2]) ?></p>
<script>
  const limit = <?= $limit ?>;
  function showMenu(menu) { <?php if ($open): ?> open(menu); <?php endif; ?> }
</script>
<style>.menu { color: <?= $color ?>; }</style>
<?php class Menu { public function items() { return []; } } ?>
</body>
</html>
