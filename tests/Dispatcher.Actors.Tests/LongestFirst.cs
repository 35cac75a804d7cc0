using Dispatcher.Actors.Tests.Store.Postgres;
using Xunit.Abstractions;

[assembly: TestCollectionOrderer("Dispatcher.Actors.Tests." + nameof(Dispatcher.Actors.Tests.LongestFirst), "Dispatcher.Actors.Tests")]

namespace Dispatcher.Actors.Tests;

/// <summary>The two chains of tests on PostgreSQL begin first: they mostly wait, and whatever begins last is alone at the end.</summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    private static readonly string[] Names = [SecondPostgresCollection.Name, PostgresCollection.Name];

    public IEnumerable<ITestCollection> OrderTestCollections(IEnumerable<ITestCollection> testCollections) =>
        testCollections.OrderByDescending(collection => Array.IndexOf(Names, collection.DisplayName) >= 0);
}
