using System.Text.Json;
using Dispatcher.Host.Remote;
using Dispatcher.Web.Json;
using Dispatcher.Web.Keys;

namespace Dispatcher.Host.Commands.Keys;

/// <summary>The keys of a running server.</summary>
internal sealed class RemoteKeyDesk(ApiClient api) : IKeyDesk
{
    public Task<JsonElement> Create(CreateKeyRequest request) => api.Post("keys", JsonSerializer.Serialize(request, ApiJson.Options));

    public Task<JsonElement> List() => api.Get("keys");

    public Task<JsonElement> Rotate(string id, TimeSpan? grace)
    {
        var request = new RotateKeyRequest { GraceSeconds = grace is { } time ? (int)time.TotalSeconds : null };
        return api.Post($"keys/{Uri.EscapeDataString(id)}/rotate", JsonSerializer.Serialize(request, ApiJson.Options));
    }

    public Task Revoke(string id) => api.Delete($"keys/{Uri.EscapeDataString(id)}");

    public ValueTask DisposeAsync()
    {
        api.Dispose();
        return ValueTask.CompletedTask;
    }
}
