using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Dispatcher.Web.Requests;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace Dispatcher.Host.Composition;

/// <summary>
/// One JSON object a line: <c>timestamp, level, category, event_id, message</c>, what is known of <c>correlation_id, tenant_id, job_id, step, attempt</c>, the
/// trace, and the exception with its stack. Secrets are taken out of all texts.
/// </summary>
internal sealed class JsonLogFormatter(TimeProvider time) : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "dispatcher-json";

    /// <summary>The names that scopes may bring, in the order in which they are written.</summary>
    private static readonly string[] ScopeNames = ["correlation_id", "tenant_id", "job_id", "step", "attempt"];

    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            json.WriteString("timestamp", time.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture));
            json.WriteString("level", LogLineFormatter.LevelName(logEntry.LogLevel));
            json.WriteString("category", logEntry.Category);
            json.WriteNumber("event_id", logEntry.EventId.Id);
            json.WriteString("message", Redaction.Of(logEntry.Formatter(logEntry.State, logEntry.Exception)));
            WriteScopes(json, scopeProvider, logEntry.State);
            WriteTrace(json);
            if (logEntry.Exception is { } exception) WriteException(json, exception);
            json.WriteEndObject();
        }

        textWriter.WriteLine(Encoding.UTF8.GetString(buffer.WrittenSpan));
    }

    /// <summary>The innermost scope counts. A message that names its job by itself is about a job too.</summary>
    private static void WriteScopes<TState>(Utf8JsonWriter json, IExternalScopeProvider? scopes, TState state)
    {
        var values = new object?[ScopeNames.Length];
        if (state is IEnumerable<KeyValuePair<string, object?>> parameters)
            values[Array.IndexOf(ScopeNames, "job_id")] = parameters.FirstOrDefault(parameter => parameter.Key == "JobId").Value;
        scopes?.ForEachScope(static (scope, values) => Take(scope, values), values);
        for (var i = 0; i < values.Length; i++)
        {
            if (values[i] is int number) json.WriteNumber(ScopeNames[i], number);
            else if (values[i] is { } value) json.WriteString(ScopeNames[i], Redaction.Of(value.ToString() ?? ""));
        }
    }

    private static void Take(object? scope, object?[] values)
    {
        if (scope is not IEnumerable<KeyValuePair<string, object?>> pairs) return;
        foreach (var (name, value) in pairs)
        {
            var index = Array.IndexOf(ScopeNames, name);
            if (index >= 0) values[index] = value;
        }
    }

    private static void WriteTrace(Utf8JsonWriter json)
    {
        if (Activity.Current is not { IdFormat: ActivityIdFormat.W3C } activity) return;
        json.WriteString("trace_id", activity.TraceId.ToHexString());
        json.WriteString("span_id", activity.SpanId.ToHexString());
    }

    private static void WriteException(Utf8JsonWriter json, Exception exception)
    {
        json.WriteStartObject("exception");
        json.WriteString("type", exception.GetType().FullName);
        json.WriteString("message", Redaction.Of(exception.Message));
        json.WriteString("stack_trace", Redaction.Of(exception.ToString()));
        json.WriteEndObject();
    }
}
