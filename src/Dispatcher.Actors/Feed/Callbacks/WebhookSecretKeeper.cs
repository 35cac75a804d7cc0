using Dispatcher.Kernel;
using Dispatcher.Store;

namespace Dispatcher.Feed.Callbacks;

/// <summary>Makes and remembers secrets. One message at a time, so that two first uses make one secret.</summary>
internal sealed class WebhookSecretKeeper(IAccessStore store, IdGenerator ids) : Actor
{
    public static readonly TimeSpan OldSignFor = TimeSpan.FromHours(24);

    private const int SecretBytes = 32;
    private const int IdBytes = 8;

    /// <summary>Secrets that sign one callback at the most, so that its header stays small however often somebody rotates.</summary>
    private const int ActiveLimit = 8;

    /// <summary>Tenants remembered; beyond it all are read again.</summary>
    private const int TenantLimit = 10_000;

    /// <summary>Another process (the command line) may rotate too: its secret signs from here on, while the old ones are still good.</summary>
    private static readonly TimeSpan RememberFor = TimeSpan.FromMinutes(1);

    private readonly Dictionary<string, (DateTimeOffset ReadAt, IReadOnlyList<WebhookSecret> Secrets)> _remembered = new(StringComparer.Ordinal);

    protected internal override async ValueTask Receive(object message)
    {
        var request = (Request)message;
        if (request.IsRotation) await Make(request.Tenant);
        if (await Active(request.Tenant) is not { Count: > 0 } active)
        {
            await Make(request.Tenant);
            active = await Active(request.Tenant);
        }

        request.Reply(active);
    }

    private async ValueTask<IReadOnlyList<WebhookSecret>> Active(string tenant)
    {
        var now = Self.System.Time.GetUtcNow();
        if (!_remembered.TryGetValue(tenant, out var known) || now - known.ReadAt > RememberFor)
        {
            if (_remembered.Count >= TenantLimit) _remembered.Clear();
            known = _remembered[tenant] = (now, await store.ReadWebhookSecrets(tenant));
        }

        return [.. known.Secrets.Where(secret => secret.ExpiresAt is null || secret.ExpiresAt > now).Take(ActiveLimit)];
    }

    private async ValueTask Make(string tenant)
    {
        var (secret, id) = (new byte[SecretBytes], new byte[IdBytes]);
        ids.Fill(secret);
        ids.Fill(id);
        var now = Self.System.Time.GetUtcNow();
        await store.AddWebhookSecret(new WebhookSecret(Convert.ToHexStringLower(id), tenant, secret, now, null), now + OldSignFor);
        _remembered.Remove(tenant);
    }

    /// <summary>Asks for a tenant's secrets, or for a new one before.</summary>
    internal sealed class Request(string tenant, bool isRotation) : IDeadLetter
    {
        private readonly TaskCompletionSource<IReadOnlyList<WebhookSecret>> _reply = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public string Tenant { get; } = tenant;

        public bool IsRotation { get; } = isRotation;

        public Task<IReadOnlyList<WebhookSecret>> Answer => _reply.Task;

        public void Reply(IReadOnlyList<WebhookSecret> secrets) => _reply.TrySetResult(secrets);

        public void Undelivered() => _reply.TrySetException(new StoreException("The secrets of callbacks cannot be read or written now; ask again in a moment."));
    }
}
