using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;

namespace Dispatcher.Web.Json;

/// <summary>
/// Writes an answer whose length is told: it leaves the server in one piece. Without a length HTTP/1.1 sends the body's end by itself, which costs the server and its
/// caller one more turn through the network stack.
/// </summary>
internal static class JsonBody
{
    private const string ContentType = "application/json; charset=utf-8";

    /// <summary>A buffer that has grown beyond this is not kept for the thread's next answer.</summary>
    private const int KeepLimitBytes = 256 * 1024;

    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = ApiJson.Options.Encoder, MaxDepth = ApiJson.Options.MaxDepth, SkipValidation = true };

    [ThreadStatic]
    private static Writing? _ofThread;

    public static Task Write<T>(HttpContext http, int status, T value)
    {
        var writing = _ofThread ?? new Writing();
        _ofThread = null;
        JsonSerializer.Serialize(writing.Writer, value, TypeOf<T>.Info);
        var response = http.Response;
        response.StatusCode = status;
        response.ContentType = ContentType;
        response.ContentLength = writing.Buffer.WrittenCount;
        // Without a token: a poll that ends because the server stops has its answer all the same.
        var start = response.StartAsync();
        return start.IsCompletedSuccessfully ? Finish(response, writing) : FinishLater(start, response, writing);
    }

    private static async Task FinishLater(Task start, HttpResponse response, Writing writing)
    {
        await start;
        await Finish(response, writing);
    }

    /// <summary>The server flushes when the request ends: head and body together. A large body waits for its reader.</summary>
    private static Task Finish(HttpResponse response, Writing writing)
    {
        if (writing.Buffer.Capacity > KeepLimitBytes) return response.BodyWriter.WriteAsync(writing.Buffer.WrittenMemory).AsTask();
        response.BodyWriter.Write(writing.Buffer.WrittenSpan);
        writing.Reset();
        _ofThread = writing;
        return Task.CompletedTask;
    }

    private sealed class Writing
    {
        public Writing() => Writer = new Utf8JsonWriter(Buffer, WriterOptions);

        public ArrayBufferWriter<byte> Buffer { get; } = new(1024);

        public Utf8JsonWriter Writer { get; }

        public void Reset()
        {
            Buffer.ResetWrittenCount();
            Writer.Reset();
        }
    }

    private static class TypeOf<T>
    {
        public static readonly JsonTypeInfo<T> Info = (JsonTypeInfo<T>)ApiJson.Options.GetTypeInfo(typeof(T));
    }
}
