using System.Text.Json;
using System.Text.Json.Serialization;

namespace Dispatcher.Steps.Providers;

/// <summary>What an attempt leaves for the next one, so that nothing is ordered twice.</summary>
/// <param name="ProviderId">The order that is under way or has ended; null while there is none.</param>
/// <param name="Number">Orders of this step, this one included, from 1: part of the key under which it is made.</param>
/// <param name="StartedAt">When it was made.</param>
/// <param name="Spent">What all of the step's orders cost together, as far as is known.</param>
internal sealed record ProviderCheckpoint(string? ProviderId, int Number, DateTimeOffset StartedAt, decimal Spent)
{
    /// <summary>Before the first order.</summary>
    public static ProviderCheckpoint None { get; } = new(null, 1, default, 0);

    /// <summary>True from just before an order is made until its id is known; only for providers that would bill it twice.</summary>
    public bool IsUncertain { get; init; }

    /// <summary>True from just before a recovered step asks for an order: what another process then finds under its key may be the one that this one has paid.</summary>
    public bool IsAsked { get; init; }

    /// <summary>True for an order that the step had made before its job was recovered: it is taken if it works, and no failure of this life if it does not.</summary>
    public bool IsInherited { get; init; }

    /// <summary>The place of the order after this one.</summary>
    public ProviderCheckpoint Next() => new(null, Number + 1, default, Spent);

    /// <summary>What an earlier attempt left; what cannot be read is none.</summary>
    public static ProviderCheckpoint Read(JsonElement? stored)
    {
        try
        {
            return stored?.Deserialize(ProviderJson.Default.ProviderCheckpoint) ?? None;
        }
        catch (JsonException)
        {
            return None;
        }
    }

    public JsonElement ToJson() => JsonSerializer.SerializeToElement(this, ProviderJson.Default.ProviderCheckpoint);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ProviderCheckpoint))]
internal sealed partial class ProviderJson : JsonSerializerContext;
