class Client
  attr_reader :base

  def initialize(base)
    @base = base
    # How often.
    @retries = 3
  end

  def refresh
    @late = @retries
  end
end

def initialize
  @stray = 1
end
