using System.Reflection;
using Dispatcher.Host.Configuration;
using Dispatcher.Web;
using Microsoft.Extensions.Logging;

namespace Dispatcher.Host.Tests;

/// <summary>Operators look for log lines by the class and the event's number.</summary>
public sealed class EventIdTests
{
    private const int NotGiven = -1;

    [Fact]
    public void EventIds_AreOfOneMessage_InTheirClass()
    {
        var messages = from assembly in (Assembly[])[typeof(DispatcherNode).Assembly, typeof(IDispatcherClient).Assembly, typeof(DispatcherSettings).Assembly]
                       from type in assembly.GetTypes()
                       from method in type.GetMethods(BindingFlags.Static | BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public | BindingFlags.DeclaredOnly)
                       let message = method.GetCustomAttribute<LoggerMessageAttribute>()
                       where message is not null && message.EventId != NotGiven
                       select (Type: type.FullName, message.EventId, method.Name);
        var byId = messages.ToLookup(message => (message.Type, message.EventId), message => message.Name);

        Assert.NotEmpty(byId);
        Assert.Empty(byId.Where(names => names.Count() > 1).Select(names => $"{names.Key}: {string.Join(", ", names)}"));
    }
}
