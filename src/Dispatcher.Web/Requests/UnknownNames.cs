using System.Text.Json;
using Dispatcher.Jobs;

namespace Dispatcher.Web.Requests;

/// <summary>
/// Names in a request that nobody knows, for its refusal: the first ones, and each of them short. A request of nothing but such names would else be answered with many times its size.
/// </summary>
internal static class UnknownNames
{
    /// <summary>More are of no use to anybody.</summary>
    public const int Limit = 20;

    public static IEnumerable<string> In(IEnumerable<string> names, IEnumerable<string> known) =>
        names.Except(known, StringComparer.Ordinal).Take(Limit).Select(name => Excerpt.Of(name));

    /// <summary>Of an object's fields.</summary>
    public static IEnumerable<string> In(JsonElement json, IEnumerable<string> known) => In(json.EnumerateObject().Select(field => field.Name), known);
}
