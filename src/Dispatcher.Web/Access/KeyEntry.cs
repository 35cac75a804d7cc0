using Dispatcher.Store;

namespace Dispatcher.Web.Access;

/// <summary>A key in memory, with the caller that it stands for.</summary>
internal sealed class KeyEntry : IDisposable
{
    private readonly CancellationTokenSource _ended;

    public KeyEntry(StoredKey key)
        : this(key, new CancellationTokenSource())
    {
    }

    private KeyEntry(StoredKey key, CancellationTokenSource ended)
    {
        (Key, _ended) = (key, ended);
        // A role that this version does not know gives nothing.
        var roles = key.Roles.Select(name => RoleSet.TryParse(name, out var role) ? role : (Role?)null).OfType<Role>();
        Found = new CallerFinding.Found(new Caller(key.Tenant, key.Id, RoleSet.Of(roles)) { Ended = ended.Token });
    }

    public StoredKey Key { get; }

    /// <summary>Made once, so that a request allocates nothing for it.</summary>
    public CallerFinding.Found Found { get; }

    /// <summary>
    /// Whether the key is worth something. One that was seen not to be is worth nothing for good, so that it does not come back when the clock is set back, and
    /// the live connections that it opened end; what they do then runs elsewhere, not under the caller's lock.
    /// </summary>
    public bool IsGoodAt(DateTimeOffset now)
    {
        if (_ended.IsCancellationRequested) return false;
        if (Key.RevokedAt is null && !(Key.ExpiresAt <= now)) return true;
        _ = _ended.CancelAsync();
        return false;
    }

    /// <summary>The key as it is stored now; live connections that it opened stay.</summary>
    public KeyEntry With(StoredKey key) => new(key, _ended);

    public void Dispose() => _ended.Dispose();
}
