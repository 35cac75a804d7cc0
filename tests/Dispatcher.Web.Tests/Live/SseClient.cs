using System.Net;
using System.Text.Json;

namespace Dispatcher.Web.Tests.Live;

/// <summary>One server-sent event as it came over the wire.</summary>
/// <param name="Name">The field <c>event</c>; <c>message</c> without one.</param>
internal sealed record SseEvent(string? Id, string Name, string Data)
{
    public JsonElement Json => JsonElement.Parse(Data);

    public string Type => Json.GetProperty("type").GetString()!;

    public long Seq => Json.GetProperty("seq").GetInt64();

    public string JobId => Json.GetProperty("job_id").GetString()!;
}

/// <summary>Reads a stream of server-sent events, frame by frame, and nothing into memory that was not asked for.</summary>
internal sealed class SseClient : IDisposable
{
    private readonly HttpResponseMessage _response;
    private readonly StreamReader _reader;

    private SseClient(HttpResponseMessage response, Stream body) => (_response, _reader) = (response, new StreamReader(body));

    public HttpResponseMessage Response => _response;

    public string? LastEventId { get; private set; }

    /// <summary>Comments so far: signs of life.</summary>
    public int Comments { get; private set; }

    /// <summary>The waits that the server has asked for, in their order.</summary>
    public List<int> Retries { get; } = [];

    public static async Task<SseClient> Open(HttpClient http, string path, string? lastEventId = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (lastEventId is not null) request.Headers.Add("Last-Event-ID", lastEventId);
        var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        return new SseClient(response, await response.Content.ReadAsStreamAsync());
    }

    /// <summary>The next event that has data; null when the server has ended the stream.</summary>
    public async Task<SseEvent?> Next()
    {
        string? id = null, name = null, data = null;
        while (await _reader.ReadLineAsync() is { } line)
        {
            if (line.Length == 0)
            {
                if (id is not null) LastEventId = id;
                if (data is not null) return new SseEvent(id, name ?? "message", data);
                (id, name) = (null, null);
                continue;
            }

            var colon = line.IndexOf(':', StringComparison.Ordinal);
            var value = line[(colon + 1)..].TrimStart(' ');
            switch (line[..colon])
            {
                case "": Comments++; break;
                case "id": id = value; break;
                case "event": name = value; break;
                case "data": data = data is null ? value : $"{data}\n{value}"; break;
                case "retry": Retries.Add(int.Parse(value, System.Globalization.CultureInfo.InvariantCulture)); break;
                default: Assert.Fail($"The stream has a line that is none of its format: {line}"); break;
            }
        }

        return null;
    }

    /// <summary>The next event of the journal; those about the stream itself are passed over.</summary>
    public async Task<SseEvent?> NextMessage()
    {
        while (await Next() is { } next)
        {
            if (next.Name == "message") return next;
        }

        return null;
    }

    /// <summary>Messages up to and with the first for which this holds.</summary>
    public async Task<List<SseEvent>> Until(Func<SseEvent, bool> last)
    {
        var events = new List<SseEvent>();
        while (await NextMessage() is { } next)
        {
            events.Add(next);
            if (last(next)) return events;
        }

        Assert.Fail($"The stream ended after {string.Join(", ", events.Select(e => e.Type))}.");
        return events;
    }

    public void Dispose()
    {
        _reader.Dispose();
        _response.Dispose();
    }
}
