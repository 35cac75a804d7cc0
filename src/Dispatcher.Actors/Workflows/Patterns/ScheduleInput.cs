using System.Buffers;
using System.Text.Json;
using Dispatcher.Workflows.Scheduling;

namespace Dispatcher.Workflows.Patterns;

/// <summary>
/// What a schedule gives to a run: its input with <c>schedule.id</c>, <c>schedule.name</c>, <c>schedule.due</c> (RFC 3339, UTC), <c>schedule.date</c> (the day in the
/// schedule's zone), <c>schedule.cause</c> and <c>schedule.catch_up</c> put in.
/// </summary>
public static class ScheduleInput
{
    /// <exception cref="ExpressionException">An expression has no value.</exception>
    public static JsonElement? Of(string id, string tenant, ScheduleDefinition definition, Firing firing)
    {
        if (definition.Input is not { ValueKind: JsonValueKind.Object } input) return null;
        // Most inputs hold no expression, and are as they are.
        return input.GetRawText().Contains("${", StringComparison.Ordinal)
            ? PlainTemplates.Evaluate(input, "input", new PlainScope(tenant, Schedule: Facts(id, definition, firing)))
            : input;
    }

    private static JsonElement Facts(string id, ScheduleDefinition definition, Firing firing)
    {
        var zone = (definition.Cron is { } cron ? CronExpression.Parse(cron).Zone : null) ?? ScheduleZone.Find(definition.TimeZone) ?? TimeZoneInfo.Utc;
        var local = TimeZoneInfo.ConvertTime(firing.Due, zone);
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString("id"u8, id);
            writer.WriteString("name"u8, definition.Name);
            writer.WriteString("due"u8, FiringLabels.TextOf(firing.Due));
            writer.WriteString("date"u8, local.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture));
            writer.WriteString("cause"u8, firing.CauseText);
            writer.WriteBoolean("catch_up"u8, firing.Cause == FiringCause.CatchUp);
            writer.WriteEndObject();
        }

        return JsonElement.Parse(buffer.WrittenSpan);
    }
}
