; The texts outside of `<?php … ?>` are one page.
((text) @injection.content
  (#set! injection.language "html")
  (#set! injection.combined))
