using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Dispatcher.Host.Commands.Remote;
using Dispatcher.Host.Composition;
using Dispatcher.Host.Remote;
using Dispatcher.Host.Terminal;
using Dispatcher.Jobs;
using Dispatcher.Store;

namespace Dispatcher.Host.Commands;

/// <summary><c>dispatcher job events</c></summary>
internal static class JobEventsCommand
{
    public static Command Create(HostEdges edges, RemoteOptions remote)
    {
        var job = ReadingOptions.Job();
        var output = SharedOptions.Output("table", "json", "jsonl");
        var command = new Command("events", "Show all that happened to a job, from its journal") { job, output };
        var reading = new ReadingOptions(edges, command);
        command.SetAction(async (parsed, _) =>
        {
            if (remote.Find(parsed) is { } api)
            {
                using (api) return await RemoteReads.Events(edges, api, parsed.GetRequiredValue(job), parsed.GetRequiredValue(output));
            }

            await using var jobs = await reading.Open(parsed);
            var row = await jobs.Find(parsed.GetRequiredValue(job));
            var events = await jobs.Events(row.Id);
            if (parsed.GetRequiredValue(output) is "json" or "jsonl") WriteJson(edges, Json(events), parsed.GetRequiredValue(output) == "jsonl");
            else PlainTable.Write(edges.Out, ["seq", "at", "type", "what"], events.Select(stored => Cells(stored, edges.Time)));
            return ExitCode.Ok;
        });
        return command;
    }

    private static void WriteJson(HostEdges edges, string array, bool asLines)
    {
        if (!asLines)
        {
            edges.Out.WriteLine(array);
            return;
        }

        foreach (var @event in JsonElement.Parse(array).EnumerateArray()) edges.Out.WriteLine(JsonText.Line(@event));
    }

    private static string[] Cells(StoredEvent stored, TimeProvider time) =>
    [
        stored.SequenceNr.ToString(CultureInfo.InvariantCulture), TimeText.Clock(stored.At, time), stored.Type, EventText.Of(JobReading.Decode(stored), time),
    ];

    /// <summary>An array of <c>{seq, type, at, ...}</c> with the payload's own fields beside these three; an event that this version does not know too.</summary>
    private static string Json(IReadOnlyList<StoredEvent> events)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartArray();
            foreach (var stored in events)
            {
                json.WriteStartObject();
                json.WriteNumber("seq", stored.SequenceNr);
                json.WriteString("type", stored.Type);
                json.WriteString("at", TimeText.Machine(stored.At));
                using var payload = JsonDocument.Parse(ShownCallback.Event(stored.Type, stored.Payload));
                foreach (var field in payload.RootElement.EnumerateObject()) field.WriteTo(json);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        return Encoding.UTF8.GetString(buffer.GetBuffer().AsSpan(0, (int)buffer.Length));
    }
}
