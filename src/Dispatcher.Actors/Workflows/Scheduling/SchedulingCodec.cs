using System.Text.Json;
using System.Text.Json.Serialization;
using Dispatcher.Workflows.Patterns;

namespace Dispatcher.Workflows.Scheduling;

/// <summary>Schedules and patterns as they are stored: JSON, of which unknown members are left alone, so that an older program reads what a newer one wrote.</summary>
public static class SchedulingCodec
{
    public static string Encode(ScheduleDefinition definition) => JsonSerializer.Serialize(definition, SchedulingJson.Default.ScheduleDefinition);

    public static ScheduleDefinition DecodeSchedule(string json) => JsonSerializer.Deserialize(json, SchedulingJson.Default.ScheduleDefinition)!;

    public static string Encode(PatternDefinition pattern) => JsonSerializer.Serialize(pattern, SchedulingJson.Default.PatternDefinition);

    public static PatternDefinition DecodePattern(string json) => JsonSerializer.Deserialize(json, SchedulingJson.Default.PatternDefinition)!;
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ScheduleDefinition))]
[JsonSerializable(typeof(PatternDefinition))]
internal sealed partial class SchedulingJson : JsonSerializerContext;
