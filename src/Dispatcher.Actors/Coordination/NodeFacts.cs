using System.Text.Json.Serialization;

namespace Dispatcher.Coordination;

/// <summary>What a node tells the others of itself with each sign of life.</summary>
public sealed record NodeFacts
{
    /// <summary>Jobs in memory.</summary>
    public int Jobs { get; init; }

    /// <summary>Steps that run.</summary>
    public int Running { get; init; }

    /// <summary>Jobs whose shards this node has taken and that are still to be loaded: recoveries under way.</summary>
    public int Recovering { get; init; }

    /// <summary>True when somebody follows events here, so that others should say when the journal grows.</summary>
    public bool Follows { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(NodeFacts))]
internal sealed partial class NodeFactsJson : JsonSerializerContext;
