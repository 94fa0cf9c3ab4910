#import <Foundation/Foundation.h>
NS_ASSUME_NONNULL_BEGIN
@import UIKit;
@class Parcel;

/// A queue of parcels.
@interface ParcelQueue<T> : NSObject <Sends, NSCopying> {
  int _count;
}
/** How many. */
@property (nonatomic, readonly) NSInteger count;
@property (copy) NSString *name;
- (instancetype)initWithName:(NSString *)name limit:(NSInteger)limit;
+ (ParcelQueue *)shared;
- (void)clear NS_SWIFT_NAME(clear());
- (nullable NSArray<NSString *> *)names NS_DESIGNATED_INITIALIZER;
@property (nonatomic, copy, nullable) void (^done)(NSError *e);
@property (weak) id<Sends> delegate API_AVAILABLE(ios(10));
@end

@protocol Sends <NSObject>
@required
- (BOOL)send:(Parcel *)parcel error:(NSError **)error;
@optional
@property (readonly) BOOL busy;
@end

@interface ParcelQueue (Sorting)
- (void)sort;
@end

typedef NS_ENUM(NSInteger, ParcelSize) {
  ParcelSizeSmall,
  ParcelSizeBig = 2,
};
static NSString *const Key = @"key";
#define LIMIT 3

@implementation ParcelQueue
@synthesize name = _name;
- (instancetype)initWithName:(NSString *)name limit:(NSInteger)limit {
  if ((self = [super init])) {
    _name = [name copy];
    int local = [Parcel countOf:name with:3];
    [[Parcel alloc] init];
    helper(local);
  }
  return self;
}
+ (ParcelQueue *)shared { return nil; }
@end

@implementation ParcelQueue (Sorting)
- (void)sort { self.name = @"x"; }
@end

static int helper(int a) { return a; }
typedef void (^Done)(NSError *error);
struct node { int a; };
