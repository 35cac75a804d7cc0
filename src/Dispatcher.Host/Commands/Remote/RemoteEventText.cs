using System.Text;
using System.Text.Json;
using Dispatcher.Host.Terminal;
using Dispatcher.Jobs;

namespace Dispatcher.Host.Commands.Remote;

/// <summary>An event of a server as one sentence; the bare name of one that only a newer server knows.</summary>
internal static class RemoteEventText
{
    /// <param name="e">With <c>type</c>, <c>at</c> and <c>data</c>.</param>
    public static string Of(JsonElement e, TimeProvider time)
    {
        var type = e.Text("type") ?? "";
        try
        {
            return EventText.Of(EventCodec.Decode(type, e.Time("at") ?? default, Encoding.UTF8.GetBytes(e.GetProperty("data").GetRawText())), time);
        }
        catch (Exception fault) when (fault is UnknownEventException or JsonException)
        {
            return type;
        }
    }
}
