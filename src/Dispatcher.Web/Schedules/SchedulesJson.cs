using System.Text.Json.Serialization;

namespace Dispatcher.Web.Schedules;

/// <summary>Source-generated JSON of schedules.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ScheduleRequest))]
[JsonSerializable(typeof(RunScheduleRequest))]
[JsonSerializable(typeof(PauseScheduleRequest))]
[JsonSerializable(typeof(BackfillRequest))]
[JsonSerializable(typeof(ScheduleView))]
[JsonSerializable(typeof(SchedulePage))]
[JsonSerializable(typeof(RunReceipt))]
[JsonSerializable(typeof(NextTimesView))]
[JsonSerializable(typeof(BackfillView))]
[JsonSerializable(typeof(RunPage))]
[JsonSerializable(typeof(ScheduleGraphView))]
internal sealed partial class SchedulesJson : JsonSerializerContext;
