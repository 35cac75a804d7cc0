using System.Text.Json;
using Dispatcher.Web.Keys;

namespace Dispatcher.Host.Commands.Keys;

/// <summary>Where keys are made: in a server over REST, or in the data directory when no server runs there. Answers have the shapes of the gateway.</summary>
/// <remarks>Refusals are <see cref="CommandException"/>.</remarks>
internal interface IKeyDesk : IAsyncDisposable
{
    /// <summary>The new key, with its text in <c>key</c>.</summary>
    Task<JsonElement> Create(CreateKeyRequest request);

    /// <summary>All keys that the caller may see, in <c>items</c>.</summary>
    Task<JsonElement> List();

    /// <summary>The successor, with its text in <c>key</c>.</summary>
    /// <param name="grace">How long the old key stays good; the setting if null.</param>
    Task<JsonElement> Rotate(string id, TimeSpan? grace);

    Task Revoke(string id);
}
