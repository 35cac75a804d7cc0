using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.Tokens;

namespace Dispatcher.Web.Access.Tokens;

/// <summary>
/// The provider's public keys, kept in memory. They are read again when they are older than <see cref="FreshFor"/>, so that a key that was withdrawn is not
/// trusted for ever, and when a token names one that is not there, at most every <see cref="RefreshPause"/>. When reading fails the old ones stay.
/// </summary>
internal sealed partial class SigningKeys(IKeySource source, TimeProvider time, ILogger logger) : IDisposable
{
    public static readonly TimeSpan FreshFor = TimeSpan.FromMinutes(10);
    public static readonly TimeSpan RefreshPause = TimeSpan.FromSeconds(30);

    private readonly SemaphoreSlim _reading = new(1);
    private volatile Known _known = new([], null, null);

    /// <summary>The keys that may have signed a token: those with the id that it names, or all if it names none.</summary>
    public async ValueTask<IReadOnlyList<SecurityKey>> Find(string? keyId)
    {
        var known = _known;
        if (IsMissing(known, keyId) || !IsFresh(known)) known = await Refresh(keyId);
        return keyId is null ? known.Keys : [.. known.Keys.Where(key => key.KeyId == keyId)];
    }

    public void Dispose()
    {
        _reading.Dispose();
        (source as IDisposable)?.Dispose();
    }

    private async Task<Known> Refresh(string? keyId)
    {
        await _reading.WaitAsync();
        try
        {
            // Others may have read while this one waited.
            var known = _known;
            var isDue = known.Tried is not { } tried || time.GetElapsedTime(tried) >= RefreshPause;
            if (isDue && (IsMissing(known, keyId) || !IsFresh(known))) _known = await Read(known);
            return _known;
        }
        finally
        {
            _reading.Release();
        }
    }

    private async Task<Known> Read(Known old)
    {
        var now = time.GetTimestamp();
        try
        {
            var keys = new JsonWebKeySet(await source.Read(CancellationToken.None)).GetSigningKeys();
            // A shared secret in the set would let whoever reads the set sign tokens.
            return new Known([.. keys.Where(key => key is RsaSecurityKey or ECDsaSecurityKey or X509SecurityKey)], now, now);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or HttpRequestException or TaskCanceledException or ArgumentException or System.Text.Json.JsonException)
        {
            LogNotRead(fault);
            return old with { Tried = now };
        }
    }

    private bool IsFresh(Known known) => known.Read is { } read && time.GetElapsedTime(read) < FreshFor;

    private static bool IsMissing(Known known, string? keyId) => keyId is null ? known.Keys.Count == 0 : known.Keys.All(key => key.KeyId != keyId);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The identity provider's keys could not be read; those that are known stay")]
    private partial void LogNotRead(Exception fault);

    /// <summary>Both times are of the monotonic clock.</summary>
    private sealed record Known(IReadOnlyList<SecurityKey> Keys, long? Read, long? Tried);
}
