using System.Text.Json;
using Dispatcher.Host.Composition;
using Dispatcher.Host.Configuration;
using Dispatcher.Store;
using Dispatcher.Web.Access;
using Dispatcher.Web.Json;
using Dispatcher.Web.Keys;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dispatcher.Host.Commands.Keys;

/// <summary>The keys of a store on which no server of this machine works; a data directory is held until it is disposed.</summary>
internal sealed class LocalKeyDesk : IKeyDesk
{
    private readonly INodeStore _store;
    private readonly KeyBook _book;
    private readonly TimeProvider _time;
    private readonly TimeSpan _grace;

    private LocalKeyDesk(INodeStore store, TimeProvider time, TimeSpan grace) => (_store, _book, _time, _grace) = (store, new KeyBook(store, time), time, grace);

    /// <param name="mayMake">Whether the database is made when there is none.</param>
    /// <exception cref="CommandException">There is no database.</exception>
    /// <exception cref="StoreException">The store cannot be used; the message says why.</exception>
    public static async Task<LocalKeyDesk> Open(DispatcherSettings settings, HostEdges edges, bool mayMake)
    {
        var place = new StorePlace(settings);
        if (!mayMake && !await place.Exists())
            throw new CommandException(ExitCode.NotFound, $"There is no database in {place.Name}, and so no key; name the right {place.Noun} with {place.Option.Split(' ')[0]}.");
        return new LocalKeyDesk(await place.Open(edges.Time, NullLogger.Instance), edges.Time, settings.Web.KeyRotationGrace);
    }

    public async Task<JsonElement> Create(CreateKeyRequest request) =>
        Made(await _book.Create(request.Tenant ?? Caller.DefaultTenant, request.Name ?? string.Empty, request.Roles, request.ExpiresAt));

    public async Task<JsonElement> List() => Json(new KeyListView([.. (await _book.List(tenant: null)).Select(key => KeyView.Of(key, _time.GetUtcNow()))]));

    public async Task<JsonElement> Rotate(string id, TimeSpan? grace) => Made(await _book.Rotate(tenant: null, id, grace ?? _grace));

    public async Task Revoke(string id)
    {
        if (await _book.Revoke(tenant: null, id) is KeyAnswer.Refused refused) throw Fault(refused);
    }

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    private JsonElement Made(KeyAnswer answer) => answer switch
    {
        KeyAnswer.Made made => Json(NewKeyView.Of(made, _time.GetUtcNow())),
        KeyAnswer.Refused refused => throw Fault(refused),
        _ => throw new InvalidOperationException($"A key that was asked for is not {answer}."),
    };

    private static JsonElement Json<T>(T view) => JsonSerializer.SerializeToElement(view, ApiJson.Options);

    private static CommandException Fault(KeyAnswer.Refused refused) => new(
        refused.Why switch
        {
            KeyRefusal.InvalidKey => ExitCode.Usage,
            KeyRefusal.UnknownKey => ExitCode.NotFound,
            _ => ExitCode.Failed,
        },
        refused.Message);
}
