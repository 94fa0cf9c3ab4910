#import "queue.h"
@import UIKit;

@interface ParcelQueue ()
@property (nonatomic) NSMutableArray<Parcel *> *parcels;
@end

// Größe der Schlange.
static NSInteger limitOf(NSString *name) { return name.length; }

@implementation ParcelQueue {
  int _count;
}
@synthesize name = _name;

/// Makes one.
- (instancetype)initWithName:(NSString *)name limit:(NSInteger)limit {
  if ((self = [super init])) {
    int local = [Parcel countOf:name with:limit];
    dispatch_async(queue, ^{ [self clear]; });
    limitOf(local);
  }
  return self;
}

+ (ParcelQueue *)shared { return nil; }
@end

@implementation ParcelQueue (Sorting)
- (void)sort { self.name = @"x"; }
@end
