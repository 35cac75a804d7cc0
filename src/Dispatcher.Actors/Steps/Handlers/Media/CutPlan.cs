using System.Collections.Immutable;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Dispatcher.Steps.Handlers.Media;

/// <summary>One stretch of a talk, kept or cut; times in milliseconds.</summary>
/// <param name="StartMs">Where it starts.</param>
/// <param name="EndMs">Where it ends; past the start.</param>
/// <param name="IsKeep">True: it stays in the video.</param>
/// <param name="Reason">
/// <c>content</c>, <c>silence_{ms}ms</c>, <c>filler_word_{w}</c>, <c>too_short_{d}s</c>; several are joined by <c>+</c>.
/// </param>
/// <param name="Confidence">0..1, if known.</param>
public sealed record Cut(long StartMs, long EndMs, bool IsKeep, string Reason, double? Confidence = null)
{
    public const string Content = "content";

    public long LengthMs => EndMs - StartMs;

    public static Cut Keep(long startMs, long endMs) => new(startMs, endMs, IsKeep: true, Content, 1);
}

/// <summary>A cut plan 1.0.0: what stays of a talk, from its start to the end of the last segment. Kept in <c>plan/cut_plan.json</c>.</summary>
/// <param name="Cuts">In order of time, without overlaps.</param>
public sealed record CutPlan(ImmutableArray<Cut> Cuts)
{
    public const string SchemaVersion = "1.0.0";

    private static readonly JsonSerializerOptions Format = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        WriteIndented = true,
    };

    /// <summary>The stretches that stay, in order.</summary>
    public IEnumerable<Cut> Keeps => Cuts.Where(cut => cut.IsKeep);

    /// <summary>
    /// The plan as JSON. Equal inputs give equal bytes: the optional <c>processingTimeMs</c> is left out for that reason.
    /// </summary>
    public string ToJson(string source, string output, CutPlannerOptions options)
    {
        var cuts = new JsonArray();
        foreach (var cut in Cuts)
        {
            var entry = new JsonObject
            {
                ["start"] = CutTime.Format(cut.StartMs),
                ["end"] = CutTime.Format(cut.EndMs),
                ["type"] = cut.IsKeep ? "keep" : "cut",
                ["reason"] = cut.Reason,
            };
            if (cut.Confidence is { } confidence) entry["confidence"] = confidence;
            cuts.Add((JsonNode)entry);
        }

        var plan = new JsonObject
        {
            ["schemaVersion"] = SchemaVersion,
            ["source"] = source,
            ["output"] = output,
            ["cuts"] = cuts,
            ["metadata"] = new JsonObject { ["parameters"] = options.ToJson() },
        };
        return plan.ToJsonString(Format) + "\n";
    }

    /// <summary>Reads a plan and checks that its stretches are in order and do not overlap.</summary>
    /// <exception cref="StepFailedException"><c>INVALID_PLAN</c>, naming the entry.</exception>
    public static CutPlan Parse(string json, string where)
    {
        JsonNode? root;
        try
        {
            root = JsonNode.Parse(json);
        }
        catch (JsonException fault)
        {
            throw Invalid(where, fault.Message);
        }

        if (root is not JsonObject plan || plan["cuts"] is not JsonArray entries) throw Invalid(where, "it has no array `cuts`.");
        var cuts = ImmutableArray.CreateBuilder<Cut>(entries.Count);
        foreach (var entry in entries)
        {
            var cut = ParseCut(entry, $"{where}: cuts[{cuts.Count}]");
            if (cuts.Count > 0 && cut.StartMs < cuts[^1].EndMs)
            {
                throw Invalid($"{where}: cuts[{cuts.Count}]", "it starts before the one in front of it ends.");
            }

            cuts.Add(cut);
        }

        return new CutPlan(cuts.ToImmutable());
    }

    /// <summary>Refuses a plan that keeps nothing.</summary>
    /// <exception cref="StepFailedException"><c>INVALID_PLAN</c>.</exception>
    public CutPlan RequireKeep(string where) => Keeps.Any()
        ? this
        : throw MediaFailure.Invalid(
            MediaFailure.InvalidPlan,
            $"{where} keeps nothing, so there is no video to render. Use a longer talk, or a smaller `min_keep_seconds`.");

    private static Cut ParseCut(JsonNode? node, string where)
    {
        if (node is not JsonObject entry) throw Invalid(where, "it is not an object.");
        var (start, end) = (Time(entry, "start", where), Time(entry, "end", where));
        if (end <= start) throw Invalid(where, $"it ends at {CutTime.Format(end)} s, not after its start at {CutTime.Format(start)} s.");
        var type = Text(entry, "type");
        if (type is not ("keep" or "cut")) throw Invalid(where, "`type` must be \"keep\" or \"cut\".");
        return new Cut(start, end, type == "keep", Text(entry, "reason") ?? "");
    }

    private static long Time(JsonObject entry, string name, string where) => CutTime.TryParse(Text(entry, name), out var milliseconds)
        ? milliseconds
        : throw Invalid(where, $"`{name}` {entry[name]?.ToJsonString()} is not a time like \"7.00\".");

    private static string? Text(JsonObject entry, string name) =>
        entry[name] is JsonValue value && value.TryGetValue(out string? text) ? text : null;

    private static StepFailedException Invalid(string where, string fault) =>
        MediaFailure.Permanent(MediaFailure.InvalidPlan, $"{where} is not a valid cut plan: {fault} Run the plan step again.");
}
