using Dispatcher.Store;
using Dispatcher.Web.Access;
using Dispatcher.Web.Hosting;
using Microsoft.Extensions.Logging;

namespace Dispatcher.Web.Keys;

/// <summary>The keys of a running server: changed in the store first, then in memory, where requests look.</summary>
internal sealed partial class KeyService(DispatcherEngine engine, KeyRing ring, CallerFinder callers, TimeProvider time, ILogger<KeyService> logger)
{
    public Task<IReadOnlyList<StoredKey>> List(string? tenant) => Book().List(tenant);

    public async Task<KeyAnswer> Create(Caller by, string tenant, CreateKeyRequest request)
    {
        var wasOpen = callers.IsOpen;
        var answer = await Known(Book().Create(tenant, request.Name ?? string.Empty, request.Roles, request.ExpiresAt?.ToUniversalTime()));
        if (answer is not KeyAnswer.Made { Key: var key }) return answer;
        LogMade(key.Id, tenant, string.Join(' ', key.Roles), by.Name);
        if (wasOpen) LogClosed();
        return answer;
    }

    public async Task<KeyAnswer> Rotate(Caller by, string? tenant, string id, TimeSpan grace)
    {
        var answer = await Known(Book().Rotate(tenant, id, grace));
        if (answer is KeyAnswer.Made made) LogRotated(id, made.Key.Id, by.Name, grace);
        return answer;
    }

    public async Task<KeyAnswer> Revoke(Caller by, string? tenant, string id)
    {
        var answer = await Known(Book().Revoke(tenant, id));
        if (answer is KeyAnswer.Ended) LogRevoked(id, by.Name);
        return answer;
    }

    private async Task<KeyAnswer> Known(Task<KeyAnswer> change)
    {
        var answer = await change;
        if (answer is not KeyAnswer.Refused) await ring.Load(engine.Access);
        return answer;
    }

    private KeyBook Book() => new(engine.Access, time);

    [LoggerMessage(Level = LogLevel.Information, Message = "The key {KeyId} of tenant {Tenant} with the roles {Roles} was made by {By}")]
    private partial void LogMade(string keyId, string tenant, string roles, string by);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The first key was made: from now on every request needs one")]
    private partial void LogClosed();

    [LoggerMessage(Level = LogLevel.Information, Message = "The key {KeyId} was replaced by {NewKeyId} by {By}; it stays good for {Grace}")]
    private partial void LogRotated(string keyId, string newKeyId, string by, TimeSpan grace);

    [LoggerMessage(Level = LogLevel.Information, Message = "The key {KeyId} was revoked by {By}")]
    private partial void LogRevoked(string keyId, string by);
}
