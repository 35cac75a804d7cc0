using Dispatcher.Kernel;
using Dispatcher.Store;

namespace Dispatcher.Feed.Callbacks;

/// <summary>The secrets that sign a tenant's callbacks. A tenant gets its first one when it is first asked for.</summary>
public sealed class WebhookSecrets
{
    private readonly ActorCell _keeper;

    internal WebhookSecrets(ActorSystem system, IAccessStore store, IdGenerator ids) => _keeper = system.Spawn(() => new WebhookSecretKeeper(store, ids));

    /// <summary>Those that sign now, the newest first: one, or more while old ones run out after a rotation.</summary>
    /// <exception cref="StoreException">The node is stopping, or its store does not answer.</exception>
    public Task<IReadOnlyList<WebhookSecret>> Active(string tenant) => Ask(new WebhookSecretKeeper.Request(tenant, isRotation: false));

    /// <summary>Makes a new secret; those before it sign beside it for 24 h, so that receivers have time to change.</summary>
    /// <returns>Those that sign now, the new one first.</returns>
    /// <exception cref="StoreException">The node is stopping, or its store does not answer.</exception>
    public Task<IReadOnlyList<WebhookSecret>> Rotate(string tenant) => Ask(new WebhookSecretKeeper.Request(tenant, isRotation: true));

    internal void Stop() => _keeper.Stop();

    private Task<IReadOnlyList<WebhookSecret>> Ask(WebhookSecretKeeper.Request request)
    {
        if (!_keeper.Tell(request)) request.Undelivered();
        return request.Answer;
    }
}
