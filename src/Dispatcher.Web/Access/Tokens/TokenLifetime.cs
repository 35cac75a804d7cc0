namespace Dispatcher.Web.Access.Tokens;

/// <summary>Ends the live connection that a token opened when the token does. Belongs to one request, since tokens come and go.</summary>
internal sealed class TokenLifetime : IDisposable
{
    /// <summary>What a timer can wait; a token that lives longer ends its connections earlier.</summary>
    private static readonly TimeSpan TimerLimit = TimeSpan.FromDays(40);

    private readonly CancellationTokenSource _ended;

    public TokenLifetime(DateTimeOffset end, TimeProvider time)
    {
        var left = end - time.GetUtcNow();
        _ended = new CancellationTokenSource(left < TimerLimit ? left : TimerLimit, time);
    }

    public CancellationToken Ended => _ended.Token;

    public void Dispose() => _ended.Dispose();
}
