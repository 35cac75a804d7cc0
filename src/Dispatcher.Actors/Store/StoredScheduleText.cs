using System.Text.Json;
using Dispatcher.Workflows.Scheduling;

namespace Dispatcher.Store;

/// <summary>The parts of a schedule's row that are JSON, and its next firing, which is two columns.</summary>
internal static class StoredScheduleText
{
    public static string Encode(FiringRecord record) => JsonSerializer.Serialize(record, StoredSchedulesJson.Default.FiringRecord);

    public static FiringRecord DecodeRecord(string json) => JsonSerializer.Deserialize(json, StoredSchedulesJson.Default.FiringRecord)!;

    public static FireTime? Next(DateTimeOffset? due, DateTimeOffset? fireAt) => due is { } time && fireAt is { } at ? new FireTime(time, at) : null;
}
