using Dispatcher.Web.Problems;
using Microsoft.AspNetCore.Builder;

namespace Dispatcher.Web.OpenApi;

/// <summary>Why an endpoint may refuse, beside what every endpoint may say.</summary>
internal sealed record RefusalNote(IReadOnlyList<ProblemCode> Codes);

/// <summary>A status without a body that an endpoint may answer with.</summary>
internal sealed record EmptyAnswerNote(int Status, string Meaning);

/// <summary>Statuses with which an endpoint of a contract answers <c>{"error": "..."}</c>, maybe with more fields.</summary>
internal sealed record ErrorNote(IReadOnlyList<int> Statuses);

/// <summary>A part of a file, as its Range header asks.</summary>
internal sealed record PartNote(string Meaning);

/// <summary>A header of an endpoint's good answers.</summary>
internal sealed record HeaderNote(string Name, string Meaning);

/// <summary>A header that a caller may send.</summary>
internal sealed record RequestHeaderNote(string Name, string Meaning);

/// <summary>A body that a caller might send, as JSON.</summary>
internal sealed record ExampleNote(string Json);

/// <summary>A body that an endpoint reads by itself.</summary>
internal sealed record BodyNote(IReadOnlyList<string> ContentTypes, string Meaning);

/// <summary>What an endpoint answers with that is no JSON; of any type if none is named.</summary>
internal sealed record FileNote(string Meaning, IReadOnlyList<string> ContentTypes);

/// <summary>What the document says of an endpoint that its signature does not tell.</summary>
internal static class EndpointNotes
{
    public static T Refuses<T>(this T endpoint, params ProblemCode[] codes)
        where T : IEndpointConventionBuilder => endpoint.WithMetadata(new RefusalNote(codes));

    public static T AnswersEmpty<T>(this T endpoint, int status, string meaning)
        where T : IEndpointConventionBuilder => endpoint.WithMetadata(new EmptyAnswerNote(status, meaning));

    public static T AnswersError<T>(this T endpoint, params int[] statuses)
        where T : IEndpointConventionBuilder => endpoint.WithMetadata(new ErrorNote(statuses));

    public static T AnswersFile<T>(this T endpoint, string meaning, params string[] contentTypes)
        where T : IEndpointConventionBuilder => endpoint.WithMetadata(new FileNote(meaning, contentTypes));

    public static T AnswersPart<T>(this T endpoint, string meaning)
        where T : IEndpointConventionBuilder => endpoint.WithMetadata(new PartNote(meaning));

    public static T WithAnswerHeader<T>(this T endpoint, string name, string meaning)
        where T : IEndpointConventionBuilder => endpoint.WithMetadata(new HeaderNote(name, meaning));

    public static T WithRequestHeader<T>(this T endpoint, string name, string meaning)
        where T : IEndpointConventionBuilder => endpoint.WithMetadata(new RequestHeaderNote(name, meaning));

    public static T WithExample<T>(this T endpoint, string json)
        where T : IEndpointConventionBuilder => endpoint.WithMetadata(new ExampleNote(json));

    public static T TakesText<T>(this T endpoint, string meaning, params string[] contentTypes)
        where T : IEndpointConventionBuilder => endpoint.WithMetadata(new BodyNote(contentTypes, meaning));
}
