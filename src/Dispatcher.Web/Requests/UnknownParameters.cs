using System.Reflection;
using Dispatcher.Web.Problems;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;

namespace Dispatcher.Web.Requests;

/// <summary>Refuses query parameters that an endpoint does not know: a mistyped filter must not list everything.</summary>
internal static class UnknownParameters
{
    public static List<RequestFault> Faults<TRequest>(HttpRequest request) =>
        [.. UnknownNames.In(request.Query.Keys, Known<TRequest>.Names).Select(Fault<TRequest>)];

    private static RequestFault Fault<TRequest>(string name) =>
        new(name, $"is no parameter here; known are {string.Join(", ", Known<TRequest>.Names)}");

    private static class Known<TRequest>
    {
        public static readonly IReadOnlySet<string> Names = typeof(TRequest).GetProperties()
            .Select(property => property.GetCustomAttribute<FromQueryAttribute>()?.Name).OfType<string>().ToHashSet(StringComparer.Ordinal);
    }
}
