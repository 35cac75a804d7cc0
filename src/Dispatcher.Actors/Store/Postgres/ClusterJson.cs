using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Dispatcher.Jobs;

namespace Dispatcher.Store.Postgres;

/// <summary>The cluster as the database tells of it, and hints as they go over its channel.</summary>
internal static class ClusterJson
{
    /// <summary>Jobs that one hint names: a notification of PostgreSQL has at most 8,000 bytes.</summary>
    public const int JobsPerHint = 100;

    public static ClusterView Read(string json) => JsonSerializer.Deserialize(json, ClusterJsonContext.Default.ClusterView)!;

    /// <summary><c>kind:to:jobs</c> or <c>kind:to:text</c>, the last two only if there are any. The database itself writes <c>places:to:stage</c>.</summary>
    public static string Write(ClusterHint hint) => string.Create(
        CultureInfo.InvariantCulture, $"{hint.Kind.ToString().ToLowerInvariant()}:{hint.To}:{hint.About ?? (hint.Jobs.IsDefaultOrEmpty ? "" : string.Join(',', hint.Jobs))}");

    /// <summary>Null for what this version does not know.</summary>
    public static ClusterHint? ReadHint(string payload)
    {
        var parts = payload.Split(':', 3);
        if (!Enum.TryParse<ClusterHintKind>(parts[0], ignoreCase: true, out var kind)) return null;
        long? to = parts.Length > 1 && long.TryParse(parts[1], CultureInfo.InvariantCulture, out var number) ? number : null;
        if (kind is ClusterHintKind.Places or ClusterHintKind.Schedules) return new ClusterHint(kind, to, [], parts.Length > 2 ? parts[2] : "");
        var jobs = parts.Length > 2 && parts[2].Length > 0 ? parts[2].Split(',').Select(Parse).OfType<JobId>().ToImmutableArray() : [];
        return new ClusterHint(kind, to, jobs);
    }

    private static JobId? Parse(string text) => JobId.TryParse(text, out var id) ? id : null;
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, Converters = [typeof(WishConverter)])]
[JsonSerializable(typeof(ClusterView))]
internal sealed partial class ClusterJsonContext : JsonSerializerContext;

/// <summary>As the column has it: empty for none.</summary>
internal sealed class WishConverter : JsonConverter<NodeWish>
{
    public override NodeWish Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        Enum.TryParse<NodeWish>(reader.GetString(), ignoreCase: true, out var wish) ? wish : NodeWish.None;

    public override void Write(Utf8JsonWriter writer, NodeWish value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString().ToLowerInvariant());
}
